"""Small runs written by hand, and their journals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glompo.events import EndRequested, Evaluated, Event, Granted, RunFinished, SessionClosed
from glompo.events.verdict import Verdict
from glompo.storage.journal import Journal
from glompo.testing.histories import History, history

SPENT = Verdict(True, "MaxTotalFunctionCalls(9)", "9 of 9 calls used")


def finish(run: History, verdict: Verdict = SPENT) -> History:
    """Let a run end as the engine does: who lives is stopped, the session is closed."""
    run.happen(EndRequested(run.now, verdict))
    for opt in list(run.state.alive):
        run.stop(opt, by="exit")
    run.happen(RunFinished(run.now, verdict))
    run.happen(SessionClosed(run.now, "finished"))
    return run


def mixed() -> History:
    """Return a finished run in which optimizers 1 to 4 converged, were stopped, crashed, and outlived the run."""
    run = history(bounds=[(-10, 10), (0, 1)], slots=4)
    for kind in ("Alpha", "Beta", "Gamma", "Delta"):
        run.start(kind)
    run.evaluate(1, [5.0, 3.0], X=[[1.0, 0.1], [2.0, 0.2]])
    run.evaluate(2, [np.nan, 7.0, 8.0])
    run.evaluate(3, [np.inf])
    run.evaluate(4, [4.0, 0.1, 0.7], X=[[0.0, 0.5], [0.1 + 0.2, 1 / 3], [0.0, 1.0]])
    run.converge(1)
    run.stop(2)
    run.crash(3, "ValueError: no luck")
    return finish(run)


def events_of(run: History, **spec: Any) -> list[Event]:
    """Return the events of a run whose settings are `spec`."""
    opened, *others = run.events
    return [replace(opened, spec=spec), *others]  # type: ignore[type-var]  # every event is a dataclass


def record(run_dir: Path, run: History, **spec: Any) -> Path:
    """Write the journal of a run whose settings are `spec`, one record for each event."""
    with Journal.create(run_dir, durability="none") as journal:
        for event in events_of(run, **spec):
            journal.append([event])
    return run_dir


def segment(run_dir: Path) -> Path:
    return run_dir / "journal" / "000001.seg"


def detailed(run: History, opt: int, values: list[float], extras: tuple[tuple[Any, ...], ...]) -> None:
    """Let an optimizer evaluate a batch with further values."""
    n = len(values)
    run.happen(Granted(run.now, opt, n))
    run.happen(
        Evaluated(
            run.now + 1.0,
            opt,
            len(run.state.optimizers[opt].trajectory),
            np.full((n, run.view().dims), 0.5),
            np.array(values),
            np.zeros(n, np.uint8),
            np.ones(n, np.float32),
            np.zeros(n, np.float32),
            extras,
        )
    )
