"""What differs between a recorded run and other stopping rules, and how that is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glompo.events.verdict import Verdict
from glompo.read.result_text import counted
from glompo.read.run_status import RunStatus
from glompo.safe_text import legible

SHOWN = 10
"""Further differences in the text of a comparison."""

NO_RULES = "no rules"
"""How the absence of stoppers is written."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """One decision about one optimizer that other rules would have made otherwise.

    Attributes
    ----------
    opt : int
        Number of the optimizer.
    kind : str
        Name of its class.
    name : str
        What displays call it: its label, behind its regime if it has one.
    stops : bool
        True if the other rules would have stopped it, and the run let it go on; False the other way round.
    at : float
        Run time of the decision in seconds.
    evaluation : int
        Evaluations of the run up to then; those outside the bounds count.
    opt_evaluation : int
        Evaluations of the optimizer up to then.
    verdict : Verdict
        What the other rules answered, and why.
    recorded : Verdict or None
        Why the run stopped it at that moment; None if it did not.
    saved : int
        Calls of the task that it made afterwards, if it would have been stopped; 0 otherwise. An upper bound: those
        under way at the moment would have been finished.
    best_f, best_f_end : float
        Its best value then and at the end of the record; +inf if there is none.
    run_best_f : float
        The incumbent then; +inf if there is none.
    run_best_f_without : float
        The best value on record without what it evaluated afterwards, if it would have been stopped.
    incumbent_lost : bool
        Whether that is worse than the incumbent of the end, which only this optimizer found, and later.
    ending : str
        How and why it ended on record.
    """

    opt: int
    kind: str
    name: str
    stops: bool
    at: float
    evaluation: int
    opt_evaluation: int
    verdict: Verdict
    recorded: Verdict | None
    saved: int
    best_f: float
    best_f_end: float
    run_best_f: float
    run_best_f_without: float
    incumbent_lost: bool
    ending: str


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """A recorded run compared with what other stopping rules would have decided.

    Only the first difference is certain. After it the run would have gone another way: what was saved would have
    gone to other searches, of which the record knows nothing. Further differences are judged on the recorded course.

    Attributes
    ----------
    run_dir : Path
        The run.
    rules : str
        The rules that were asked.
    recorded : str
        The rules of the run, those of its last session.
    standing : RunStatus
        Whether the run is running, finished, suspended or killed.
    questions : int
        Questions about one optimizer that were compared.
    evaluations, calls : int
        Evaluations on record, and how many of them called the task.
    best_f : float
        The incumbent of the end of the record; +inf if there is none.
    best_opt : int or None
        The optimizer that found it.
    best_f_without : float
        The best value on record if each optimizer had ended where the rules would have stopped it.
    differences : tuple of Difference
        In the order of the record.
    """

    run_dir: Path
    rules: str
    recorded: str
    standing: RunStatus
    questions: int
    evaluations: int
    calls: int
    best_f: float
    best_opt: int | None
    best_f_without: float
    differences: tuple[Difference, ...]

    @property
    def first(self) -> Difference | None:
        """The first decision that would have differed; None if none would."""
        return self.differences[0] if self.differences else None

    @property
    def saved(self) -> int:
        """Calls of the task that the rules would have saved at most, judged on the recorded course."""
        return sum(one.saved for one in self.differences)

    @property
    def incumbent_lost(self) -> bool:
        """Whether the incumbent of the end was found after the rules would have stopped the optimizer that found it."""
        return self.best_f_without > self.best_f

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _lines(found: WhatIf) -> Iterator[str]:
    yield f"asked     {legible(found.rules)}"
    yield f"recorded  {legible(found.recorded)}"
    best = "" if found.best_opt is None else f", best {_value(found.best_f)} by optimizer {found.best_opt}"
    work = counted(found.evaluations, "evaluation")
    yield f"run       {legible(str(found.run_dir))}, {found.standing.word}: {work}{best}"
    if found.first is None:
        yield f"no decision differs ({counted(found.questions, 'question')} compared)"
        return
    yield "first difference"
    yield from ("    " + line for line in _first(found.first))
    further = found.differences[1:]
    if further:
        yield "further, judged on the recorded course although the run would have gone another way"
        yield from ("    " + _further(one) for one in further[:SHOWN])
        if len(further) > SHOWN:
            yield f"    and {len(further) - SHOWN} more"
    lost = f"lost, {_value(found.best_f_without)} remains" if found.incumbent_lost else "kept"
    onward = sum(not one.stops for one in found.differences)
    unknown = f"; what {counted(onward, 'optimizer')} would have found on going on is not on record" if onward else ""
    yield f"in all    at most {counted(found.saved, 'evaluation')} saved; the incumbent of the end is {lost}{unknown}"


def _first(one: Difference) -> Iterator[str]:
    place = f"after evaluation {one.evaluation:,} of the run: optimizer {one.opt} ({legible(one.name)})"
    yield f"{place}, after its evaluation {one.opt_evaluation:,}"
    if not one.stops:
        assert one.recorded is not None  # else the answers would be alike
        yield f"was stopped because {legible(one.recorded.reason())}"
        yield f"would go on: {legible(one.verdict.reason())}"
        yield "what it would have found, and at which cost, is not on record"
        return
    yield f"would be stopped because {legible(one.verdict.reason())}"
    yield f"went on and ended: {legible(one.ending)}"
    yield f"saves at most {counted(one.saved, 'evaluation')}, which it made afterwards"
    if one.best_f_end < one.best_f:
        yield f"loses its progress from {_value(one.best_f)} to {_value(one.best_f_end)}"
    else:
        yield f"loses nothing of its own: its best value stayed {_value(one.best_f)}"
    if one.incumbent_lost:
        yield f"loses the incumbent of the end, which it found afterwards: {_value(one.run_best_f_without)} remains"


def _further(one: Difference) -> str:
    place = f"evaluation {one.evaluation:,}: optimizer {one.opt} ({legible(one.name)}), its evaluation"
    if not one.stops:
        return f"{place} {one.opt_evaluation:,}, would go on"
    lost = ", loses the incumbent of the end" if one.incumbent_lost else ""
    return f"{place} {one.opt_evaluation:,}, would be stopped, saves at most {one.saved:,}{lost}"


def _value(f: float) -> str:
    return f"{f:.8g}" if f < float("inf") else "none"
