"""What a run used of its machine, over a stretch of its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from glompo.core.views.run_view import RunView
from glompo.events import Event, Sampled, SessionOpened


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """What was used in the `seconds` before `at`.

    Processor time and memory are those of the process of the run and of all that it has started on its machine, not of
    the workers of a cluster.

    Attributes
    ----------
    session : int
        Session, from 1.
    at : float
        Run time in seconds.
    seconds : float
        Length of the stretch.
    busy : float
        Mean share of the slots in which the task was evaluated, from 0 to 1.
    cpu : float
        Processors that were used, in the mean.
    cpus : int
        Processors that the evaluations of the session share; 0 if they are computed elsewhere.
    memory : int
        Bytes in memory at the end of the stretch; what several processes share counts for each. 0 if not known.
    load : float
        Load of the machine over the minute before `at`; nan if not known.
    """

    session: int
    at: float
    seconds: float
    busy: float
    cpu: float
    cpus: int
    memory: int
    load: float


def session_resources(view: RunView) -> ResourceRow | None:
    """Return what the present or last session used up to its last sample; None if it has none."""
    sampled = view.sampled
    return None if sampled is None else _row(sampled, _start(sampled), view.session, view.cpus)


def resource_rows(events: Iterable[Event]) -> Iterator[ResourceRow]:
    """Return what was used from one sample to the next, in the order of the events of a run."""
    session = cpus = 0
    before: Sampled | None = None
    for event in events:
        if isinstance(event, SessionOpened):
            session, cpus, before = event.session, event.cpus, None
        elif isinstance(event, Sampled):
            yield _row(event, before or _start(event), session, cpus)
            before = event


def _start(sampled: Sampled) -> Sampled:
    """Return what was used when the session of a sample began."""
    return Sampled(sampled.at - sampled.seconds, 0.0, 0.0, 0.0, 0.0, 0, 0.0)


def _row(after: Sampled, before: Sampled, session: int, cpus: int) -> ResourceRow:
    seconds, offered = after.seconds - before.seconds, after.offered - before.offered
    # an evaluation under way is taken to have begun when its optimizer was last heard, which may be too early
    busy = min(max(after.busy - before.busy, 0.0) / offered, 1.0) if offered > 0 else 0.0
    cpu = (after.cpu - before.cpu) / seconds if seconds > 0 else 0.0
    return ResourceRow(session, after.at, seconds, busy, cpu, cpus, after.memory, after.load)
