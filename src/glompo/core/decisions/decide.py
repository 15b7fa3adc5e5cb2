"""What should happen now? Questions are asked in a fixed order, and the first that has an answer is acted upon.

The answer is a list of intents: events that are to be recorded and then carried out. Deciding is pure. It sees a view
and policies, never a clock, a file, a thread or a global random state; asked twice it gives the same answer. The engine
folds the answer, which changes the state, and asks again until there is none: so each start is decided knowing the
previous one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from glompo.core.decisions.checkpoints import checkpoints, final_checkpoint
from glompo.core.decisions.credit_limits import credit_limits
from glompo.core.decisions.deadlock_guard import deadlock_guard
from glompo.core.decisions.incumbent import incumbent
from glompo.core.decisions.kill_escalation import kill_escalation
from glompo.core.decisions.readmission import readmission
from glompo.core.decisions.reclaim import reclaim
from glompo.core.decisions.slot_limits import slot_limits
from glompo.core.decisions.starts import Start, starts
from glompo.core.decisions.stops import stops
from glompo.core.decisions.termination import termination
from glompo.core.decisions.thaw import thaw
from glompo.core.decisions.user_requests import user_requests
from glompo.core.policies.ports import Policies
from glompo.core.views.run_view import RunView
from glompo.events import Event, Granted, Judged

Intent: TypeAlias = Event | Start
"""What is wanted: the event that records it; a start goes with the class to be started, which is not recorded."""


@dataclass(frozen=True, slots=True)
class Question:
    """One step of a decision.

    Attributes
    ----------
    text, because : str
        The question, and why it comes at its place, for the page on how it works.
    judgments : tuple of callable
        What is asked; the answers are put one after the other.
    """

    text: str
    because: str
    judgments: tuple[Callable[[RunView, Policies], Iterator[Intent]], ...]


QUESTIONS = (
    Question(
        "when all have ended: is the last checkpoint made?",
        "afterwards nothing is recorded any more",
        (final_checkpoint,),
    ),
    Question(
        "is the run over? Which optimizer does not stop when asked?",
        "nothing may start that must end; in a run that ends nothing else is asked",
        (termination, kill_escalation),
    ),
    Question(
        "what does [the user want](control.md) of single optimizers, and which point is to be evaluated?",
        "the user knows better than policies",
        (user_requests,),
    ),
    Question(
        "which optimizers must rest because slots were taken away, and which fit in again?",
        "no slot is given away that is not there",
        (slot_limits,),
    ),
    Question("which optimizers of an earlier session go on?", "they come before new ones", (readmission,)),
    Question(
        "which optimizers will not win, and which should rest?",
        "an optimizer that is to stop gets nothing more",
        (stops,),
    ),
    Question(
        "is it time to save?", "nothing is wanted of optimizers that are to stop, and none is held up", (checkpoints,)
    ),
    Question("which optimizer has rested long enough?", "it comes before a new one", (thaw,)),
    Question(
        "which credits are not used? Which optimizers take the best point? What starts, and where? "
        "Which optimizers may evaluate next?",
        "only now is it known which optimizers go on; a slot is free once its holder has really ended, or rests",
        (reclaim, incumbent, starts, credit_limits),
    ),
    Question("which optimizer goes on when all rest?", "there is nothing else to do", (deadlock_guard,)),
)
"""What a decision asks, in order."""


def _place(judgment: Callable[[RunView, Policies], Iterator[Intent]]) -> int:
    return next(place for place, one in enumerate(QUESTIONS) if judgment in one.judgments)


_LAST_OF_ONE = _place(credit_limits)
"""Place of the last question that looks at single optimizers to which something has happened."""

_GOES_ON: dict[type[Intent], int] = {Granted: _LAST_OF_ONE, Judged: _place(stops) + 1}
"""Places at which it goes on after intents of one kind that change no answer to the questions before."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The first answer to :data:`QUESTIONS`.

    Attributes
    ----------
    intents : tuple of Intent
        What should happen; empty if nothing should.
    looked : bool
        Whether every question about single optimizers has been asked of those that had changed. Until something
        happens to one of them, its answer stays the same.
    """

    intents: tuple[Intent, ...] = ()
    looked: bool = True


def decision(view: RunView, policies: Policies, before: Sequence[Intent] = ()) -> Decision:
    """Return what should happen at the run time `view.now`.

    Parameters
    ----------
    before : sequence of Intent
        What was decided last at this moment, and has been folded. After credits alone, or when optimizers were only
        looked at, the questions that come before are not asked again: each has just been answered, and none of them
        asks for credits, or when an optimizer was looked at.

    Raises
    ------
    PolicyError
        If a policy breaks its contract.
    """
    kinds = {type(intent) for intent in before}
    first = _GOES_ON.get(kinds.pop(), 0) if len(kinds) == 1 else 0
    begin, end = _asked(view)
    for place in range(max(first, begin), end):
        answer: list[Intent] = []
        for judgment in QUESTIONS[place].judgments:
            answer += judgment(view, policies)
        if answer:
            return Decision(tuple(answer), place >= _LAST_OF_ONE)
    return Decision()


def _asked(view: RunView) -> tuple[int, int]:
    """Return the places of the first question that is asked in a run as it stands, and of the first after the last.

    The first one of all is for runs, or sessions, that are to end and in which all optimizers have ended; the second
    for every run; the others for runs that go on.
    """
    if view.goes_on:
        return 1, len(QUESTIONS)
    if view.n_alive or view.finished:
        return 1, 2
    return 0, 1 if view.checkpoints.taken else 2  # a run does not finish while the file of its checkpoint is written


def decide(view: RunView, policies: Policies) -> tuple[Intent, ...]:
    """Return the intents of the :func:`decision`."""
    return decision(view, policies).intents


def order_of_questions() -> str:
    """Return the order as a table in Markdown, which stands on the page on how it works."""
    rows = ["| | judgment | question | comes at this place because |", "| --- | --- | --- | --- |"]
    for place, one in enumerate(QUESTIONS, 1):
        names = ", ".join(f"`{judgment.__name__}`" for judgment in one.judgments)
        rows.append(f"| {place} | {names} | {one.text} | {one.because} |")
    return "\n".join(rows)
