"""The words that events record and that other rooms act upon.

Each is written into the journal as plain text. Reading gives plain text back, which equals the word.
"""

from __future__ import annotations

from enum import StrEnum

EVALUATOR = "the evaluator"
"""What asks to leave when evaluations can no longer be made."""


class Word(StrEnum):
    """A text with a meaning. It shows as that text, so that an event reads the same before and after it was written."""

    __repr__ = str.__repr__


class By(Word):
    """On whose behalf an optimizer is asked to stop, to rest or to go on."""

    STOPPER = "stopper"
    FREEZER = "freezer"
    EXIT = "exit"
    SILENCE = "silence"
    USER = "user"
    SESSION = "session"
    SLOTS = "slots"


class RequestKind(Word):
    """What can be asked of a run from outside; see :mod:`glompo.core.state.requests`."""

    END = "end"
    LEAVE = "leave"
    CHECKPOINT = "checkpoint"
    STOP = "stop"
    PAUSE = "pause"
    GO_ON = "go-on"
    SLOTS = "slots"
    BUDGET = "budget"
    INJECT = "inject"


class Ending(Word):
    """How a worker left the search of its optimizer; what that means depends on what it had been asked for.

    `RETURNED`: minimize came back. `CUT`: it was unwound inside the task. `RAISED`: an exception. `REFUSED`: the task
    is not what it says. `DIED`: the worker vanished.
    """

    RETURNED = "returned"
    CUT = "cut"
    RAISED = "raised"
    REFUSED = "refused"
    DIED = "died"


class Way(Word):
    """How an optimizer comes back: it loads what it saved, repeats its search on the recorded answers, or restarts."""

    SAVED_STATE = "saved state"
    REPLAY = "replay"
    WARM_START = "warm start"


class Force(Word):
    """How a process is ended that does not stop when asked: gently, or at once."""

    TERMINATE = "terminate"
    KILL = "kill"


class CheckpointOutcome(Word):
    """What came of a checkpoint."""

    COMPLETE = "complete"
    ABANDONED = "abandoned"


class Reason(Word):
    """Rules of the library itself by which a run or a session ends; those of exit conditions have their own names."""

    USER = "user"
    SESSION = "session"
    REFUSED_TASK = "refused task"
    FAILING_TASK = "failing task"
    FAILING_OPTIMIZERS = "failing optimizers"
    FAILING_CHECKPOINT = "failing checkpoint"
    FAULTY_POLICY = "faulty policy"
    NOTHING_LEFT = "nothing left"
