"""Many simulated runs, and from a broken one to the smallest that breaks a promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glompo.testing.fault_simulation.faults import Fault
from glompo.testing.fault_simulation.invariants import BrokenPromiseError
from glompo.testing.fault_simulation.simulated_run import SimulatedRun, drawn_run, simulated_run

SIMPLER: dict[str, Any] = {
    "troubles": 0.0, "stoppers": None, "freezer": None, "share": False, "killable": False, "lockstep": False,
    "save_states_every": None, "checkpoint_every": None,
}  # fmt: skip
"""Settings in which a run is simpler."""


_Smaller = tuple[tuple[Fault, ...], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FuzzReport:
    """What became of many simulated runs.

    Attributes
    ----------
    runs, sessions, evaluations : int
        How many there were in all.
    faults : Counter
        How often each kind of fault really happened.
    """

    runs: int
    sessions: int
    evaluations: int
    faults: Counter[str]


def fuzz(seeds: Iterable[int], **changes: Any) -> FuzzReport:
    """Simulate a run under faults for each seed.

    Parameters
    ----------
    seeds : iterable of int
        What the runs follow from.
    **changes
        Settings for all of them, see :func:`~glompo.testing.fault_simulation.simulated_run.simulated_run`.

    Raises
    ------
    BrokenPromiseError
        If a promise was broken in one of them; the message is about the smallest run found that breaks one.
    """
    runs = sessions = evaluations = 0
    faults: Counter[str] = Counter()
    for seed in seeds:
        try:
            run = simulated_run(seed, **changes)
        except BrokenPromiseError:
            raise shrink(seed, **changes) from None
        runs, sessions, evaluations = runs + 1, sessions + run.sessions, evaluations + run.state.calls
        faults.update(type(fault).__name__ for _, fault in run.happened)
    return FuzzReport(runs, sessions, evaluations, faults)


def shrink(seed: int, faults: Sequence[Fault] | None = None, **changes: Any) -> BrokenPromiseError:
    """Return the error of the smallest run found that is like this one and breaks a promise.

    Faults are left out one by one, settings made simpler, the budget halved, for as long as something breaks.

    Raises
    ------
    ValueError
        If nothing breaks here.
    """
    error = _error(seed, faults, changes)
    if error is None:
        raise ValueError(f"no promise is broken in simulated_run(seed={seed})")
    kept = drawn_run(seed, changes)[1] if faults is None else tuple(faults)
    smaller = True
    while smaller:
        smaller = False
        for fewer, settings in _smaller(seed, kept, changes):
            found = _error(seed, fewer, settings)
            if found is not None:
                error, kept, changes, smaller = found, fewer, settings, True
                break
    return error


def _smaller(seed: int, faults: tuple[Fault, ...], changes: dict[str, Any]) -> Iterator[_Smaller]:
    for i in reversed(range(len(faults))):
        yield faults[:i] + faults[i + 1 :], changes
    scenario, _ = drawn_run(seed, {})
    budget = changes.get("budget", scenario.budget)
    for less in (budget // 2, budget - 1):
        if less >= 1:
            yield faults, {**changes, "budget": less}
    for name, value in SIMPLER.items():
        if name not in changes and getattr(scenario, name) != value:
            yield faults, {**changes, name: value}


def _error(seed: int, faults: Sequence[Fault] | None, changes: dict[str, Any]) -> BrokenPromiseError | None:
    try:
        _: SimulatedRun = simulated_run(seed, faults, **changes)
    except BrokenPromiseError as error:
        return error
    return None
