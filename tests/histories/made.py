"""Makes the golden histories: small real journals of the present format, each with what it amounts to.

Run as ``python tests/histories/made.py`` when the format gains something; it adds histories under the number of the
present schema and never touches one that exists. Every later version of the library must read them all.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import glompo
from glompo import CheckpointingControl
from glompo.core.state.run_state import RunState
from glompo.events import (
    SCHEMA,
    CheckpointClosed,
    Evaluated,
    Event,
    Loaded,
    Noted,
    RunOpened,
    SessionOpened,
)
from glompo.exit_conditions import MaxOptimizersConverged, MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling, Scipy
from glompo.selectors import CycleSelector
from glompo.stoppers import BestUnmoving, ValueAnnealing
from glompo.storage.journal import Journal
from glompo.storage.reader import read_events
from glompo.storage.segments import segment_path
from glompo.testing import Crash, Hang, Kill, Loss, PowerCut, ScriptedOptimizer, simulate, simulated_run
from glompo.testing.contracts.bowl import Bowl
from glompo.testing.fault_simulation.scenario import BOX, RestAWhile, waves

HERE = Path(__file__).parent


def sharing() -> Iterable[Event]:
    """Return a run in which optimizers are stopped and share their best points."""
    return simulate(
        [CMAOptimizer(workers=2), RandomSampling, Scipy("Nelder-Mead")],
        MaxTotalFunctionCalls(150),
        stoppers=BestUnmoving(20, 0.01) | ValueAnnealing() & BestUnmoving(10),
        share=True,
    ).events


def details() -> Iterable[Event]:
    """Return a run with further values, points outside the bounds, and an optimizer that crashes."""
    bowl = Bowl(2)
    points = [bowl.x0, bowl.minimum, bowl.bounds[:, 1] + 1]
    options = [ScriptedOptimizer(points, error=ValueError("no more ideas")), ScriptedOptimizer(points)]
    ends = MaxOptimizersConverged(2)
    return simulate(options, ends, task=bowl, bounds=bowl.bounds, is_log_detailed=True).events


def resting() -> Iterable[Event]:
    """Return a run in which optimizers rest."""
    return simulate(
        [RandomSampling], MaxTotalFunctionCalls(80), max_jobs=2, freezer=RestAWhile(8, 60), stopper_interval=4
    ).events


def interrupted() -> Iterable[Event]:
    """Return a run in lockstep that was killed, lost its power and was resumed."""
    faults = [Kill(append=9, later=0.01), PowerCut(append=17, part=0.5, kept=0.6), Kill(append=25)]
    return simulated_run(55, faults, lockstep=True, pace=1.0, troubles=0.2, share=True, durability="batch").events


def lost() -> Iterable[Event]:
    """Return a run whose workers hang, crash and die."""
    return simulated_run(1, [Hang(1, 2), Loss(2, 3), Crash(3, 2)], killable=True, budget=60, lockstep=False).events


def stepping(step: float) -> Callable[..., None]:
    """Return a minimiser that walks along the diagonal; those of all steps are recorded alike."""

    def walk(f: Any, x0: Any, bounds: Any) -> None:
        for k in range(1000):
            f(np.clip(np.array(x0) + k * step, -4, 4))

    return walk


def checkpoints() -> Iterable[Event]:
    """Return a run that went on from its last checkpoint, where some rested and one did something else than before."""
    chosen: dict[str, Any] = {"exit_conditions": MaxTotalFunctionCalls(60), "freezer": RestAWhile(20, 10_000)}
    control = CheckpointingControl(checkpoint_iter_frequency=20, checkpoint_at_init=True, naming_format="c%(count)")
    with tempfile.TemporaryDirectory() as folder:
        glompo.GloMPOManager.new_manager(
            task=waves,
            bounds=BOX,
            opt_selector=CycleSelector(CMAOptimizer, FunctionOptimizer(stepping(0.01)), RandomSampling),
            working_dir=Path(folder, "run"),
            checkpoint_control=control,
            max_jobs=2,
            deterministic=True,
            save_states_every=15,
            stopper_interval=5,
            rng=4,
            **chosen,
        ).start_manager()
        last = max(Path(folder).rglob("c[0-9]*"), key=lambda path: path.stat().st_mtime)
        again = CycleSelector(CMAOptimizer, FunctionOptimizer(stepping(0.02)), RandomSampling)
        chosen |= {"exit_conditions": MaxTotalFunctionCalls(120), "opt_selector": again}
        glompo.GloMPOManager.load_manager(last, working_dir=Path(folder, "on"), **chosen).start_manager()
        return list(read_events(Path(folder, "on")))


HISTORIES = (sharing, details, resting, interrupted, lost, checkpoints)


def amounts_to(events: Iterable[Event]) -> dict[str, Any]:
    """Return what a history amounts to, as plain data."""
    state, kinds = RunState(), dict[str, int]()
    statuses: dict[int, list[int]] = {}
    extras: dict[int, list[list[Any]]] = {}
    for event in events:
        state.apply(event)
        if isinstance(event, Evaluated):
            known = statuses.setdefault(event.opt, [])
            if event.extras:
                rows = extras.setdefault(event.opt, [])
                rows += [[] for _ in range(len(known) - len(rows))]
                rows += map(list, event.extras)
            known += event.status.tolist()
        kinds[type(event).__name__] = kinds.get(type(event).__name__, 0) + 1
    assert state.finished is not None
    assert state.best is not None
    return {
        "events": kinds,
        "calls": state.calls,
        "lost": state.lost,
        "failures": state.failures,
        "sessions": state.session,
        "finished": state.finished.reason(),
        "best": {"opt": state.best.opt, "k": state.best.k, "f": state.best.f.hex(), "x": state.best.x.tolist()},
        "optimizers": {
            str(opt): {
                "kind": one.request.kind,
                "how": str(one.how),
                "evaluations": len(one.trajectory),
                "best": one.trajectory.best.hex(),
                "statuses": statuses.get(opt, []),
                "extras": extras.get(opt, []),
                "taken": [at_k for at_k, _, _ in one.taken],
                "note": one.note,
            }
            for opt, one in state.optimizers.items()
        },
    }


def _placeless(event: Event) -> Event:
    """Return the event without what tells of a machine: files, host, date and versions."""
    match event:
        case Noted(text=text):
            return replace(event, text=text.strip().splitlines()[-1])
        case RunOpened():
            return replace(event, run_id="made", date="", spec={}, versions={})
        case SessionOpened():
            return replace(event, date="", host="", pid=0)
        case CheckpointClosed(path=path) | Loaded(path=path):
            return replace(event, path=Path(path).name)
    return event


def make() -> None:
    """Write the histories that are not there yet."""
    for history in HISTORIES:
        path = HERE / f"{SCHEMA}-{history.__name__}.journal"
        if path.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            with Journal.create(Path(folder), durability="none") as journal:
                for event in history():
                    journal.append([_placeless(event)])
            shutil.copy(segment_path(Path(folder), 1), path)
            told = amounts_to(read_events(Path(folder)))
        path.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    make()
