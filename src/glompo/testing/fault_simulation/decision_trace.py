"""What a run decided and evaluated, without times and positions: what two deterministic runs have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from glompo.events import (
    EndRequested,
    Evaluated,
    Event,
    IncumbentTaken,
    PauseRequested,
    ResumeRequested,
    StartRequested,
    Stopped,
    StopRequested,
)


@dataclass(frozen=True, slots=True)
class DecisionTrace:
    """See :func:`trace_of`.

    Attributes
    ----------
    decisions : tuple of tuple
        Starts, stops by stoppers, pauses and resumptions, the end: each once, in order, with its reason and with the
        number of evaluations of the optimizer that it is about.
    evaluations : dict
        Point, value and status of each evaluation, by optimizer.
    taken : dict
        Better points that were given to an optimizer before its last evaluation, with the number of those before.
    converged : dict
        After how many of its evaluations an optimizer converged, or gave up.
    """

    decisions: tuple[tuple[object, ...], ...]
    evaluations: dict[int, list[tuple[object, ...]]] = field(default_factory=dict)
    taken: dict[int, list[tuple[int, tuple[float, ...], float]]] = field(default_factory=dict)
    converged: dict[int, list[int]] = field(default_factory=dict)

    def difference(self, other: DecisionTrace) -> str:
        """Return the first difference in words; empty if there is none."""
        for name, one, two in (
            ("decision", {0: list(self.decisions)}, {0: list(other.decisions)}),
            ("evaluation", self.evaluations, other.evaluations),
            ("better point taken", self.taken, other.taken),
            ("convergence", self.converged, other.converged),
        ):
            for opt in sorted(one.keys() | two.keys()):
                mine, theirs = one.get(opt, []), two.get(opt, [])
                owner = f" of optimizer {opt}" if opt else ""
                for k, (a, b) in enumerate(zip(mine, theirs, strict=False), 1):
                    if a != b:
                        return f"{name} {k}{owner}: {a} here, {b} there"
                if len(mine) != len(theirs):
                    more = (mine + theirs)[min(len(mine), len(theirs)) :][:1] if len(mine) > len(theirs) else theirs
                    return f"{name}s{owner}: {len(mine)} here, {len(theirs)} there; {more[-1:]}"
        return ""


def trace_of(events: Iterable[Event]) -> DecisionTrace:
    """Return what a run decided and evaluated.

    Two runs in deterministic mode from one seed have the same, on any backend, interrupted or not. What is repeated by
    a resumption (an announced decision that had no effect yet) counts once.
    """
    decisions: dict[tuple[object, ...], None] = {}
    evaluations: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    taken: dict[int, list[tuple[int, tuple[float, ...], float]]] = defaultdict(list)
    converged: dict[int, list[int]] = {}
    stop_requested: set[int] = set()
    for event in events:
        match event:
            case Evaluated(opt=opt):
                rows = zip(event.X.tolist(), event.f.tolist(), event.status.tolist(), strict=True)
                evaluations[opt] += [(tuple(x), repr(f), status) for x, f, status in rows]
            case IncumbentTaken(opt=opt):
                taken[opt].append((event.at_k, tuple(event.x.tolist()), event.f))
            case StartRequested(opt=opt):
                decisions["start", opt, event.kind, str(event.config), event.slots, str(event.x0), event.why] = None
            case StopRequested(opt=opt, by="stopper"):
                stop_requested.add(opt)
                decisions["stop", opt, len(evaluations[opt]), event.verdict.reason()] = None
            case PauseRequested(opt=opt) | ResumeRequested(opt=opt):
                decisions[type(event).__name__, opt, len(evaluations[opt]), event.verdict.reason()] = None
            case Stopped(opt=opt, ending="raised" | "returned") if (
                event.said_converged or event.gave_up
            ) and opt not in stop_requested:
                converged[opt] = [len(evaluations[opt])]
            case EndRequested(verdict=verdict):
                decisions["end", verdict.reason()] = None
            case _:
                pass
    used = {opt: [one for one in points if one[0] < len(evaluations[opt])] for opt, points in taken.items()}
    return DecisionTrace(
        tuple(decisions), dict(evaluations), {opt: points for opt, points in used.items() if points}, converged
    )
