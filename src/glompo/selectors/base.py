"""What every selector is built on."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

import numpy as np

from glompo.core.policies.ports import Allocator, Generator, Option, Written, answer_of
from glompo.core.policies.rule import Rule
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.regime_shares import Shares
from glompo.errors import PolicyError, SettingError, SettingTypeError
from glompo.loggers import PolicyLogger
from glompo.optimizer import BaseOptimizer
from glompo.selectors.settings_of import settings_named
from glompo.validation import as_whole, refuse_class

Choice = Option | None | Literal[False]


class BaseSelector(Written, ABC):
    """What starts next, and may it?

    Parameters
    ----------
    *avail_opts : class, instance or tuple
        Options: an optimizer class; an instance, used as a template; or ``(class, init kwargs)`` or
        ``(class, init kwargs, minimize kwargs)``. Among the init kwargs may be `workers`, the evaluations that it
        keeps in flight, and `label`, what displays call it.
    allow_spawn : callable, optional
        ``allow_spawn(manager) -> bool``; once it says no, nothing starts ever again. A sequence of callables must
        all agree.
    """

    logger = PolicyLogger("glompo.selector")
    generator: Generator | None = None
    """Where its optimizers start, unless the run is given another generator; None: as usual."""
    allocator: Allocator | None = None
    """What hands out the evaluations, unless the run is given another allocator; None: as usual."""
    stopper: Rule | tuple[()] | None = None
    """Which of its optimizers are stopped, unless the run is given stoppers; None: as usual, (): none of them."""

    def __init__(self, *avail_opts: Any, allow_spawn: Any = None) -> None:
        if not avail_opts:
            raise SettingError(f"{type(self).__name__} got no optimizer to choose from; name at least one")
        self._options = tuple(option_of(given) for given in avail_opts)
        self._smallest = min(option.slots for option in self._options)
        self._gates: tuple[Callable[[ManagerView], bool], ...] = _gates(allow_spawn)

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be started, in the given order."""
        return self._options

    @property
    def shares(self) -> Shares:
        """Share of each of its regimes, at first and later, and its factor as the owner of the incumbent; or none."""
        return {}

    @property
    def avail_opts(self) -> tuple[Option, ...]:
        """The same, by the documented name; each unpacks as (class, init kwargs, minimize kwargs)."""
        return self._options

    def allow_spawn(self, manager: ManagerView) -> bool:
        """Return whether anything may start, by the spawn control that was given."""
        return all(_opinion(gate, manager) for gate in self._gates)

    def smallest(self) -> int:
        """Return the fewest slots that any option needs."""
        return self._smallest

    def choose(self, manager: ManagerView, slots_available: int) -> Choice:
        """Return what starts next: None if nothing fits now, False if nothing may start ever again.

        Raises
        ------
        PolicyError
            If the selector or its spawn control raises or returns something unknown.
        """
        if not self.allow_spawn(manager):
            return False
        choice = answer_of(self, self.select_optimizer, manager, slots_available)
        if choice is None or choice is False or isinstance(choice, Option):
            return choice
        try:
            return option_of(choice)
        except (SettingTypeError, SettingError) as error:
            raise PolicyError(f"{self} returned {choice!r}: {error}") from error

    def explain(self, manager: ManagerView, option: Option) -> str:
        """Say in a few words why `option` starts."""
        return f"{self} chose {option.name}"

    @abstractmethod
    def select_optimizer(self, manager: ManagerView, slots_available: int) -> Any:
        """Return one of :attr:`options` with at most `slots_available` slots, None or False.

        None starts nothing now, False nothing ever again. Where none works, nothing changes any more by which None
        could become another answer: then the best of those that rest goes on, and if there are none the run ends.
        A tuple ``(class, init kwargs, minimize kwargs)`` is accepted too. Random draws come from
        ``self.rng(manager)``, so that a decision asked twice is the same.
        """

    def rng(self, manager: ManagerView) -> np.random.Generator:
        """Return the random stream of the next start."""
        return manager.view.streams.generator(f"selector:{type(self).__name__}", manager.o_counter)

    def in_turn(self, option: Option, manager: ManagerView, slots_available: int) -> Option | None:
        """Return `option` if it fits now, else None: wait for it.

        Raises
        ------
        PolicyError
            If it can never fit, for then the run would wait for ever.
        """
        if option.slots > manager.max_jobs:
            raise PolicyError(
                f"{self}: it is the turn of {option.name}, which needs {option.slots} slots, but the run has "
                f"{manager.max_jobs}; give it fewer workers or raise max_jobs"
            )
        return option if option.slots <= slots_available else None

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        """Its class and its options; neighbours of one name are counted, since a run may be given thousands."""
        counts = [(name, len(list(alike))) for name, alike in groupby(option.name for option in self._options)]
        return f"{type(self).__name__}({', '.join(name if n == 1 else f'{n} × {name}' for name, n in counts)})"


def _opinion(gate: Callable[[ManagerView], bool], manager: ManagerView) -> bool:
    answer: object = answer_of(f"spawn control {gate}", gate, manager, remedy="mend it")
    if not isinstance(answer, (bool, np.bool_)):
        raise PolicyError(f"spawn control {gate} answered {answer!r}; return True (may start) or False (never again)")
    return bool(answer)


def option_of(given: object) -> Option:
    """Return the option that a user described by a class, a template or a tuple.

    Raises
    ------
    SettingTypeError
        If it describes no optimizer.
    """
    if isinstance(given, Option):
        return given
    if isinstance(given, BaseOptimizer):
        args, kwargs = given.template()
        return _option(type(given), args, kwargs, {})
    if inspect.isclass(given):
        return _option(given, (), {}, {})
    if isinstance(given, (tuple, list)) and 1 <= len(given) <= 3:
        cls, init, minimize = (*given, None, None)[:3]
        return _option(cls, (), init or {}, minimize or {})
    raise SettingTypeError(
        f"{given!r} is no optimizer: give a subclass of BaseOptimizer, an instance as a template, or a tuple "
        "(class, init kwargs, minimize kwargs)"
    )


def _option(cls: Any, args: tuple[Any, ...], init: Any, minimize: Any) -> Option:
    if not (inspect.isclass(cls) and issubclass(cls, BaseOptimizer)):
        raise SettingTypeError(f"{cls!r} is no optimizer: it must be a subclass of glompo.BaseOptimizer")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise SettingTypeError(f"{cls.__name__} cannot be started: it does not define {missing}")
    for what in (init, minimize):
        if not isinstance(what, Mapping):
            raise SettingTypeError(f"the keyword arguments of {cls.__name__} are {what!r}; give a dictionary")
    kwargs = dict(init)
    label = "" if "label" in settings_named(cls) else kwargs.pop("label", "")  # else it is a setting of the class
    if not isinstance(label, str):
        raise SettingTypeError(f"label of {cls.__name__} is {label!r}; give a text")
    given = {name: kwargs.pop(name) for name in ("workers", "n_workers", "_workers") if name in kwargs}
    if len(set(map(repr, given.values()))) > 1:
        raise SettingError(f"{cls.__name__} is given {given}, which are names of one setting; give workers alone")
    wanted = next(iter(given.values()), 1)
    workers = as_whole(wanted)
    if workers is None or workers < 1:
        raise SettingError(f"workers of {cls.__name__} is {wanted!r}; it must be a whole number, 1 or more")
    return Option(cls, args, kwargs, dict(minimize), workers, label=label)


def _gates(allow_spawn: Any) -> tuple[Callable[[ManagerView], bool], ...]:
    gates = () if allow_spawn is None else allow_spawn if isinstance(allow_spawn, (list, tuple)) else (allow_spawn,)
    for gate in gates:
        refuse_class("allow_spawn", gate)
        if not callable(gate):
            raise SettingTypeError(f"allow_spawn is {gate!r}; it must be callable: allow_spawn(manager) -> bool")
    return tuple(gates)
