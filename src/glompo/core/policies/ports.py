"""The questions that the judgments ask, as protocols of the policies that answer them.

A policy is any object with the right methods; the rooms `stoppers`, `exit_conditions`, `generators`, `selectors`
and `allocators` hold ours, with base classes for those of users.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError
from glompo.events.verdict import Verdict
from glompo.safe_text import writable
from glompo.validation import parameters_of

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

Answer = TypeVar("Answer")

FAILURE_GRACE = 20
"""Evaluations of a run before its share of failures is looked at."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to start an optimizer; it unpacks as documented, ``cls, init kwargs, minimize kwargs``.

    Attributes
    ----------
    cls : type
        Optimizer class.
    args, kwargs : tuple, mapping
        What it is constructed with.
    minimize_kwargs : mapping
        Further keyword arguments of its `minimize`.
    slots : int
        Evaluations that it keeps in flight, its `workers`.
    shared : bool
        Whether it holds no slots, because the allocator shares them out among more optimizers than there are slots.
    regime : str
        The part of a portfolio that starts it; empty without one.
    label : str
        What the user calls it; if empty, it is called as its class says, see :attr:`name`.
    """

    cls: type
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    minimize_kwargs: Mapping[str, Any] = field(default_factory=dict)
    slots: int = 1
    shared: bool = False
    regime: str = ""
    label: str = ""

    def __iter__(self) -> Iterator[Any]:
        """The class, what it is constructed with by name, `workers` among that, and what `minimize` is given."""
        init = {**self._by_name(), "workers": self.slots}
        return iter((self.cls, init, dict(self.minimize_kwargs)))

    def __setstate__(self, state: Sequence[Any]) -> None:
        """Take over what was pickled, also by an earlier version in a checkpoint, where the last fields are missing."""
        missing = [one.default for one in fields(self)[len(state) :]]
        for one, value in zip(fields(self), [*state, *missing], strict=True):
            object.__setattr__(self, one.name, value)

    def __getitem__(self, place: Any) -> Any:
        return tuple(self)[place]

    def __len__(self) -> int:
        return 3

    @property
    def kind(self) -> str:
        """Name of the class."""
        return self.cls.__name__

    @property
    def name(self) -> str:
        """What displays call it: its label, or else what its class calls one with these settings."""
        if self.label:
            return self.label
        usual = getattr(self.cls, "usual_label", None)
        return self.kind if usual is None else str(usual(self._by_name()))

    def _by_name(self) -> dict[str, Any]:
        names = [*parameters_of(self.cls)][1:]
        return {**dict(zip(names, self.args, strict=False)), **self.kwargs}

    def describe(self) -> dict[str, Any]:
        """Return the settings as plain data for the journal; what is not plain is written as its repr."""
        described: dict[str, Any] = {name: _plain(value) for name, value in self.kwargs.items()}
        if self.args:
            described["*"] = [_plain(value) for value in self.args]
        if self.minimize_kwargs:
            described["minimize"] = {name: _plain(value) for name, value in self.minimize_kwargs.items()}
        return described


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {writable(name): _plain(item) for name, item in value.items()}
    return placeless(writable(repr(value)))


def placeless(text: str) -> str:
    """Return the repr of an object without its address, which is another one in every process."""
    return _ADDRESS.sub("", text)


def answer_of(
    policy: object, question: Callable[..., Answer], *about: object, remedy: str = "mend it or remove it"
) -> Answer:
    """Return what a policy answers to a question about the arguments `about`.

    Raises
    ------
    PolicyError
        If it raises anything, naming it.
    """
    try:
        return question(*about)
    except PolicyError:
        raise
    except Exception as error:
        raise PolicyError(f"{policy} raised {type(error).__name__}: {error}; {remedy}") from error


class Written:
    """A policy that prints as its user would write it: ``Class(setting=value, ...)``.

    Settings are its public attributes. `logger` is none: every policy has it, and may replace it.
    """

    def __str__(self) -> str:
        settings = (f"{name}={value}" for name, value in vars(self).items() if name[0] != "_" and name != "logger")
        return f"{type(self).__name__}({', '.join(settings)})"

    def short(self) -> str:
        """Return the same without settings that have their default, ``Class`` if none is left."""
        if type(self).__str__ is not Written.__str__:
            return str(self)
        cls: type = type(self)
        usual = _defaults(cls)
        settings = (
            f"{name}={value}"
            for name, value in vars(self).items()
            if name[0] != "_" and name != "logger" and not _is(value, usual.get(name, usual))
        )
        told = ", ".join(settings)
        return f"{type(self).__name__}({told})" if told else type(self).__name__

    def __repr__(self) -> str:
        return str(self)


@cache
def _defaults(cls: type) -> Mapping[str, Any]:
    """Return the defaults of the settings of a class."""
    return {one.name: one.default for one in inspect.signature(cls).parameters.values()}


def _is(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, (bool, int, float, str, tuple)) and value == default)


class Stopper(Protocol):
    """Should this optimizer stop?"""

    def ask(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""


class Freezer(Protocol):
    """Should this optimizer rest, and which one should go on?"""

    def freeze(self, view: RunView, opt: int) -> Verdict:
        """Answer whether the running optimizer `opt` should rest."""

    def thaw(self, view: RunView) -> tuple[int, Verdict] | None:
        """Return a resting optimizer that should go on now, and why; None if none should."""


class ExitCondition(Protocol):
    """Is the run over?"""

    def ask(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for the run."""

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer it looks at."""

    def budget(self) -> int | None:
        """Return the greatest number of task calls that this condition permits, None if any."""

    def follows_evaluations(self) -> bool:
        """Return whether it may answer otherwise after an evaluation, other than by its budget."""

    def deadline(self, view: RunView) -> float | None:
        """Return the run time in seconds at which this condition fires by itself, None if never."""


class Generator(Protocol):
    """Where does the next optimizer start?"""

    def place(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return a point of shape (d,)."""

    def explain(self, manager: ManagerView) -> str:
        """Say in a few words where that point comes from."""


class Selector(Protocol):
    """What starts next?"""

    def choose(self, manager: ManagerView, slots_available: int) -> Option | Literal[False] | None:
        """Return an option that fits, None if nothing fits now, False to start nothing ever again."""

    def explain(self, manager: ManagerView, option: Option) -> str:
        """Say in a few words why that starts."""

    def smallest(self) -> int:
        """Return the fewest slots that any option needs."""


class Allocator(Protocol):
    """Which optimizers get the next evaluations?"""

    def allocate(self, view: RunView, limit: int | None) -> Mapping[int, int]:
        """Return fresh credits per optimizer, at most `limit` in sum (None: no limit).

        An optimizer that was given what it wants needs another look only when it is among ``view.changed``; those are
        all once credits of a budget have come free.
        """


@dataclass(frozen=True, slots=True)
class Escalation:
    """When a worker that does not obey is ended, on a backend that can do that.

    Attributes
    ----------
    end_timeout : float
        Seconds between the request to stop and the first signal.
    grace : float
        Seconds between the first signal and the last.
    silence : float or None
        Seconds without a sign of life after which an optimizer that could evaluate is ended; None: never.
    aggressive : bool
        Whether optimizers that a stopper asked to stop are ended at once.
    """

    end_timeout: float = 10.0
    grace: float = 2.0
    silence: float | None = None
    aggressive: bool = False


@dataclass(frozen=True, slots=True)
class Checkpointing:
    """When states are saved and checkpoints are made.

    Attributes
    ----------
    seconds : float
        Run time between two checkpoints.
    evaluations : int or None
        Calls of the task between two checkpoints; None for any number.
    at_start, at_end : bool
        Whether one is made when the run begins, and when it ends.
    patience : float
        Seconds after which an optimizer that has not saved itself is no longer awaited.
    fatal : bool
        Whether the run ends if one has to be abandoned.
    states_every : int or None
        Evaluations of an optimizer between two saved states beside checkpoints; None for none.
    """

    seconds: float = math.inf
    evaluations: int | None = None
    at_start: bool = False
    at_end: bool = False
    patience: float = 60.0
    fatal: bool = False
    states_every: int | None = None


def look_back(exit_condition: ExitCondition, stopper: Stopper | None) -> int:
    """Return how many of the last evaluations of an optimizer the rules of a run look at."""
    return max(rule.looks_back() for rule in (exit_condition, stopper) if rule is not None)


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a run, and the numbers that govern when they are asked.

    Attributes
    ----------
    stopper_interval : int
        Evaluations of an optimizer between two questions to the stopper.
    stop_best : bool
        Whether the owner of the incumbent may be stopped too.
    share : bool
        Whether the incumbent is sent to the others.
    x0 : ndarray of shape (d,) or (k, d), or None
        Start of the first optimizer, or of the first k; then come known points, and the generator gives all others.
    lockstep : bool
        Whether decisions are made only when everything that was granted has been used.
    max_failure_rate : float
        Share of failed evaluations at which the run ends.
    failure_grace : int
        Evaluations before that share is looked at.
    """

    exit: ExitCondition
    selector: Selector
    generator: Generator
    allocator: Allocator
    stopper: Stopper | None = None
    freezer: Freezer | None = None
    escalation: Escalation | None = None
    checkpointing: Checkpointing = Checkpointing()
    lockstep: bool = False
    stopper_interval: int = 10
    stop_best: bool = False
    share: bool = False
    x0: NDArray[np.float64] | None = None
    max_failure_rate: float = 1.0
    failure_grace: int = FAILURE_GRACE
