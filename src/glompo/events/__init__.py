"""What happened. A run is the list of these; everything else is a fold of it.

Every event is frozen plain data and carries `at`, the seconds of run time at which it was decided or received (run
time is cumulative over sessions). What is asked of an optimizer and what it confirms are always two events, so that
whatever is in flight can be seen as "requested, not confirmed".

There is one vocabulary. What a decision wants is the event that records it, such as `StopRequested`; the same event is
then sent to the worker; and what a worker says is an event as well, such as `Stopped`. The name of a class and the
order of its fields are the format of the journal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.events.base import Event as Event
from glompo.events.checkpoints import CheckpointBegun as CheckpointBegun
from glompo.events.checkpoints import CheckpointClosed as CheckpointClosed
from glompo.events.checkpoints import CheckpointTaken as CheckpointTaken
from glompo.events.checkpoints import Loaded as Loaded
from glompo.events.checkpoints import NotSaved as NotSaved
from glompo.events.checkpoints import Saved as Saved
from glompo.events.checkpoints import SaveRequested as SaveRequested
from glompo.events.evaluations import Evaluated as Evaluated
from glompo.events.evaluations import Granted as Granted
from glompo.events.evaluations import IncumbentSent as IncumbentSent
from glompo.events.evaluations import IncumbentTaken as IncumbentTaken
from glompo.events.evaluations import Reclaimed as Reclaimed
from glompo.events.evaluations import ReclaimRequested as ReclaimRequested
from glompo.events.evaluations import Wanted as Wanted
from glompo.events.resources import Sampled as Sampled
from glompo.events.verdict import Verdict

SHOWN = 8
"""Parameters of a point that a line of text shows at most."""

SCHEMA = 1
"""Version of the events below; it rises when the meaning of a recorded field changes."""


@dataclass(frozen=True, slots=True, eq=False)
class RunOpened(Event):
    """A run came into being: its problem, its size, its seed.

    `bounds` has shape (d, 2) in natural units; `entropy` are the 32-bit words of the seed; `spec` describes the
    settings in plain data and `versions` the libraries.
    """

    schema: int
    run_id: str
    date: str
    bounds: NDArray[np.float64]
    slots: int
    entropy: tuple[int, ...]
    spec: dict[str, Any]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class PointsKnown(Event):
    """Points with values were known before the run began; they are no evaluations of it.

    Attributes
    ----------
    X : ndarray, shape (n, d)
        Parameters in natural units, the best first.
    f : ndarray, shape (n,)
        Their values, all finite.
    source : str
        Where they come from.
    """

    X: NDArray[np.float64]
    f: NDArray[np.float64]
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class SessionOpened(Event):
    """A process began to work on the run.

    `slots` replaces the number given before, unless it is 0; `changes` are settings that differ, for people. `cpus` are
    the processors that evaluations share on this machine, 0 if they are computed elsewhere.
    `look_back` is how many of its last evaluations each optimizer must have in memory, because a policy asks for them.
    `wall` is the time of day in seconds since 1970, UTC; 0 in journals that do not know it.
    `spec` are the settings in force from here on, as in `RunOpened`; empty if they are those before. `task` are the
    digests by which the task is known again, see :mod:`glompo.spec.fingerprint`; empty if they are those before.
    `scales` are those of the d parameters; none are named by sessions that measure in natural units.
    """

    session: int
    date: str
    host: str
    pid: int
    slots: int = 0
    changes: tuple[str, ...] = ()
    cpus: int = 0
    look_back: int = 0
    wall: float = 0.0
    spec: dict[str, Any] = field(default_factory=dict)
    task: dict[str, str] = field(default_factory=dict)
    scales: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SessionClosed(Event):
    """The process left the run in order."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Repaired(Event):
    """A torn tail was cut off when the journal was opened for writing."""

    dropped_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class StartRequested(Event):
    """An optimizer is to start at `x0` (shape (d,)) with `slots` evaluations in flight at most.

    It holds these slots, unless they are `shared`: then the allocator sees to it that they are not all in use at once.
    `regime` is the part of a portfolio that it belongs to, empty without one; `label` is what it is called, empty in
    journals that do not know it. `injected_by` asked for the evaluation of `x0` and for no search from there; empty for
    an optimizer.
    """

    opt: int
    kind: str
    config: dict[str, Any]
    x0: NDArray[np.float64]
    slots: int
    why: str
    shared: bool = False
    regime: str = ""
    label: str = ""
    injected_by: str = ""

    @property
    def called(self) -> str:
        """What it is called; its class where the journal knows no label."""
        return self.label or self.kind

    @property
    def held(self) -> int:
        """Slots that it holds while it lives and does not rest."""
        return 0 if self.shared else self.slots


@dataclass(frozen=True, slots=True, eq=False)
class Started(Event):
    """The optimizer's worker runs."""

    opt: int
    worker: str


@dataclass(frozen=True, slots=True, eq=False)
class Restored(Event):
    """An optimizer of an earlier session is to go on after its `k` evaluations, with `credits` that it had left.

    `how` is the first way that is tried: 'saved state', it loads what it saved; or 'replay', its search runs again and
    is given the recorded answers. `Recovered` says what came of it.
    """

    opt: int
    how: str
    k: int
    credits: int


@dataclass(frozen=True, slots=True, eq=False)
class ReturnedToRest(Event):
    """An optimizer of an earlier session that rested after its `k` evaluations is brought back, and rests on.

    `how` is as for `Restored`. It has no credits and holds no slots until it is to go on.
    """

    opt: int
    how: str
    k: int


@dataclass(frozen=True, slots=True, eq=False)
class Diverged(Event):
    """A way back failed: the optimizer did something else than what is recorded, or could not be loaded.

    Attributes
    ----------
    opt : int
        Optimizer.
    way : str
        'saved state' or 'replay'.
    at_k : int
        Number of the evaluation, from 0, at which that was found.
    distance : float
        Between the point asked for and the recorded one, in natural units; nan if there were no two points.
    why : str
        What happened.
    then : str
        The way that is tried next: 'saved state', 'replay', 'warm start', or '' if it is given up.
    """

    opt: int
    way: str
    at_k: int
    distance: float
    why: str
    then: str


@dataclass(frozen=True, slots=True, eq=False)
class Recovered(Event):
    """An optimizer goes on after its `k` evaluations. `way` is 'saved state', 'replay' or 'warm start'.

    After a warm start it is a new search at `x0`, shape (d,), under the same number; otherwise `x0` is None.
    """

    opt: int
    way: str
    k: int
    x0: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, eq=False)
class Noted(Event):
    """The optimizer, or the library on its behalf, wrote a line into its log."""

    opt: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class PauseRequested(Event):
    """The optimizer is to rest: `by` is 'freezer', 'user' or 'slots'; the verdict says why."""

    opt: int
    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Paused(Event):
    """The optimizer rests after `at_k` evaluations. Its slots are free and credits that it had left are void."""

    opt: int
    at_k: int


@dataclass(frozen=True, slots=True, eq=False)
class ResumeRequested(Event):
    """The optimizer gets its slots back and is to go on."""

    opt: int
    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Resumed(Event):
    """The optimizer goes on."""

    opt: int
    at_k: int


@dataclass(frozen=True, slots=True, eq=False)
class Judged(Event):
    """The stoppers were asked about these optimizers, which had done `counts` evaluations, and let them live."""

    opts: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StopRequested(Event):
    """The optimizer is to stop: `by` is 'stopper', 'exit', 'silence', 'user' or 'session'; the verdict says why."""

    opt: int
    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Escalated(Event):
    """The optimizer did not stop when asked: its process is ended, gently ('terminate') or at once ('kill')."""

    opt: int
    rung: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Stopped(Event):
    """The optimizer is no more. Its worker says how the path ended, never what it means.

    `ending` is 'returned' (minimize came back), 'cut' (unwound inside the task), 'raised' (an exception),
    'refused' (the task is not what it says) or 'died' (the worker vanished). `said_converged` is true if it sent
    message 0 before, `gave_up` if it returned with the word that it had no success. `claimed` are the credits that a
    worker that died had used in its life, -1 if that is not known.
    """

    opt: int
    ending: str
    said_converged: bool
    note: str
    gave_up: bool = False
    claimed: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Asked(Event):
    """Something was asked of the run from outside; see :mod:`glompo.core.state.requests` for what there is.

    `opt` is the optimizer that it is about, and `amount` how many slots or evaluations; 0 where that means nothing.
    `why` is told by the library when it asks itself, because it cannot go on. `x` are the d parameters of a point that
    is to be evaluated; empty where there is none.
    """

    what: str
    who: str
    opt: int = 0
    amount: int = 0
    why: str = ""
    x: tuple[float, ...] = ()

    @property
    def wish(self) -> str:
        """What is asked, with its amount or point; not about which optimizer."""
        amount = f" {self.amount:,}" if self.amount else ""
        point = "".join(f" {value:.8g}" for value in self.x[:SHOWN])
        rest = f" and {len(self.x) - SHOWN} more" if len(self.x) > SHOWN else ""
        return f"{self.what}{amount}{point}{rest}"


@dataclass(frozen=True, slots=True, eq=False)
class EndRequested(Event):
    """The run is to end: nothing starts any more, and each optimizer that lives is asked to stop."""

    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class RunFinished(Event):
    """The run is over, and why; no optimizer lives any more."""

    verdict: Verdict


EVENTS: tuple[type[Event], ...] = (
    RunOpened,
    SessionOpened,
    SessionClosed,
    Repaired,
    StartRequested,
    Started,
    Restored,
    ReturnedToRest,
    Diverged,
    Recovered,
    Granted,
    ReclaimRequested,
    Reclaimed,
    Wanted,
    Evaluated,
    Noted,
    IncumbentSent,
    IncumbentTaken,
    PauseRequested,
    Paused,
    ResumeRequested,
    Resumed,
    Judged,
    StopRequested,
    Escalated,
    SaveRequested,
    Saved,
    NotSaved,
    CheckpointBegun,
    CheckpointTaken,
    CheckpointClosed,
    Loaded,
    Stopped,
    Asked,
    EndRequested,
    RunFinished,
    PointsKnown,
    Sampled,
)
"""All events, for the codec and for the tests that demand a rule for each."""
