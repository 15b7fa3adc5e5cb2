"""What a user subclasses to bring an optimizer of their own.

An optimizer owns its search loop: `minimize` blocks until it is done. It runs beside the manager, in a worker of
its own, and talks to it through two methods, :meth:`BaseOptimizer.check_messages` and
:meth:`BaseOptimizer.message_manager`. Built without a manager it works stand-alone.
"""

from __future__ import annotations

import logging
import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from glompo.errors import UserError
from glompo.validation import refuse_unknown as refuse


class MinimizeResult:
    """What `minimize` returns. Attributes can also be read as items, and `fun` is SciPy's name of `fx`.

    Parameters
    ----------
    success : bool
        Whether the optimization was successful. A search that returns, unasked and without message 0, a result which
        says that it was not, is *exhausted*: it ran out of its own iterations, or did not know how to go on. If nothing
        is said here, it counts as converged.
    x : ndarray, shape (d,), optional
        Optimized parameters.
    fx : float
        Value of the function at `x`.
    stats, origin : dict, optional
        Statistics of the optimization, among them the `reason` why it ended, in words; configuration of the optimizer.

    Attributes
    ----------
    said_success : bool or None
        `success` if it was given, None if it was left out.
    """

    __slots__ = ("_success", "fx", "origin", "said_success", "stats", "x")

    said_success: bool | None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember whether `success` is said at all: leaving it out is no confession of failure."""
        new = super().__new__(cls)
        new.said_success = bool(args[0]) if args else bool(kwargs["success"]) if "success" in kwargs else None
        return new

    def __init__(
        self,
        success: bool = False,
        x: NDArray[np.float64] | None = None,
        fx: float = float("inf"),
        stats: dict[str, Any] | None = None,
        origin: dict[str, Any] | None = None,
    ) -> None:
        self._success = success
        self.x = x
        self.fx = fx
        self.stats = stats
        self.origin = origin

    @property
    def success(self) -> bool:
        """Whether the optimization was successful."""
        return self._success

    @success.setter
    def success(self, success: bool) -> None:
        self._success, self.said_success = success, bool(success)

    @property
    def fun(self) -> float:
        """Value of the function at `x`."""
        return self.fx

    def __getitem__(self, name: str) -> Any:
        values = {"success": self.success, "x": self.x, "fx": self.fx, "fun": self.fx}
        return {**values, "stats": self.stats, "origin": self.origin}[name]

    def __repr__(self) -> str:
        return f"MinimizeResult(success={self.success}, fx={self.fx}, x={self.x})"


class OptimizerLink(Protocol):
    """The place from which a worker connects an optimizer with its manager."""

    rng: np.random.Generator

    def deliver(self, optimizer: BaseOptimizer) -> list[int]:
        """Carry out what the manager sent and return its signal keys."""

    def report(self, key: int, message: str | None) -> None:
        """Send a signal to the manager."""


class PauseGate(Protocol):
    """Where an optimizer waits while it is paused."""

    def wait(self, timeout: float | None = None) -> bool:
        """Return True as soon as it may go on, False after `timeout` seconds."""

    def is_set(self) -> bool:
        """Return whether it may go on."""


class OpenGate:
    """The gate of an optimizer that cannot be paused."""

    def wait(self, timeout: float | None = None) -> bool:
        """Return at once."""
        return True

    def is_set(self) -> bool:
        """Return True."""
        return True


EARLIER_NAMES = {
    "opt_id": "_opt_id",
    "signal_pipe": "_signal_pipe",
    "results_queue": "_results_queue",
    "pause_flag": "_pause_flag",
    "is_log_detailed": "_is_log_detailed",
    "workers": "_workers",
    "backend": "_backend",
}
"""Constructor arguments in the earlier spelling, and their present names."""

FILLED_IN = {name for pair in EARLIER_NAMES.items() for name in pair} - {"workers", "_workers"}
"""Constructor arguments that are the manager's."""


class BaseOptimizer(ABC):
    """Abstract base class of all optimizers.

    A subclass defines :meth:`minimize`, its search loop, and :meth:`callstop`, which ends that loop. In every
    iteration the loop calls :meth:`check_messages` and ``self._pause_signal.wait()``. A loop that does neither
    still obeys: it is held, and cut, inside the function that it minimises.

    Parameters
    ----------
    _opt_id, _signal_pipe, _results_queue, _pause_flag
        Filled in by the manager.
    _is_log_detailed : bool
        Call the task's `detailed_call` and log all that it returns; the optimizer sees only the value.
    _workers : int
        Evaluations that this optimizer may keep in flight.
    _backend : str
        'processes' if this optimizer, or its evaluations, have processes of their own, else 'threads'.
    **kwargs
        Settings of the optimizer. The earlier spelling of the arguments above, without the underscore, is
        understood. `label` is what displays call it, by default :meth:`usual_label`; the manager reads it off the
        template, the tuple or the configuration, and the instance that it starts does not get it.

    Attributes
    ----------
    incumbent : dict
        The best point that this optimizer knows of: keys `x`, shape (d,), and `fx`.
    workers, n_workers : int
        Evaluations that it may keep in flight.
    is_log_detailed : bool
        See above.
    logger : logging.Logger
        ``glompo.optimizers.opt<ID>``.
    rng : numpy.random.Generator
        Its own random stream.
    scaler : {'linear', 'std', 'none', None}
        Class attribute: scale of the parameters that this optimizer needs, [0, 1], [-1, 1] or natural units; any
        will do if None.
    """

    scaler: ClassVar[str | None] = None

    _init_call: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember how the instance was built, so that it can serve as a template."""
        new = super().__new__(cls)
        new._init_call = (args, kwargs)
        return new

    def __init__(
        self,
        _opt_id: int | None = None,
        _signal_pipe: Any = None,
        _results_queue: Any = None,
        _pause_flag: Any = None,
        _is_log_detailed: Any = False,
        _workers: Any = 1,
        _backend: Any = "threads",
        **kwargs: Any,
    ) -> None:
        if isinstance(_workers, str):  # earlier order of the last three: workers, backend, is_log_detailed
            _workers, _backend, _is_log_detailed = _is_log_detailed, _workers, _backend
            if isinstance(_is_log_detailed, str):
                _is_log_detailed = False
        self._opt_id: int | None = kwargs.get("opt_id", _opt_id)
        self._signal_pipe: OptimizerLink | None = kwargs.get("signal_pipe", _signal_pipe)
        self._results_queue = kwargs.get("results_queue", _results_queue)
        self._pause_signal: PauseGate = kwargs.get("pause_flag", _pause_flag) or OpenGate()
        self._backend: str = kwargs.get("backend", _backend)
        self._restored = False
        self.workers: int = int(kwargs.get("workers", kwargs.get("n_workers", _workers)))
        self.is_log_detailed = bool(kwargs.get("is_log_detailed", _is_log_detailed))
        self.incumbent: dict[str, Any] = {"x": None, "fx": float("inf")}
        self.rng = self._signal_pipe.rng if self._signal_pipe is not None else np.random.default_rng()
        self.logger = logging.getLogger("glompo.optimizers" + ("" if self._opt_id is None else f".opt{self._opt_id}"))

    @classmethod
    def usual_label(cls, settings: Mapping[str, Any]) -> str:
        """Return what displays call an optimizer with these settings, if the user gives no label: its class.

        A class that offers several algorithms names the chosen one as well.

        Parameters
        ----------
        settings : mapping
            What it is constructed with, by name.
        """
        return cls.__name__

    def __repr__(self) -> str:
        """Return the call that built it, without what a manager filled in."""
        args, kwargs = self._init_call
        own = {name: value for name, value in kwargs.items() if name not in FILLED_IN}
        written = [_abbreviated(arg) for arg in args] + [f"{name}={_abbreviated(value)}" for name, value in own.items()]
        return f"{type(self).__name__}({', '.join(written)})"

    @property
    def is_restart(self) -> bool:
        """True if the optimizer was loaded from a checkpoint."""
        return self._restored

    @property
    def n_workers(self) -> int:
        """Another name of `workers`."""
        return self.workers

    @property
    def opt_id(self) -> int | None:
        """Number of the optimizer in its run; None if it runs stand-alone."""
        return self._opt_id

    @abstractmethod
    def minimize(
        self, function: Callable[[NDArray[np.float64]], float], x0: NDArray[np.float64], bounds: Any
    ) -> MinimizeResult:
        """Run the search.

        Parameters
        ----------
        function : callable
            ``fx = function(x)`` for x of shape (d,). Under a manager it also offers ``function.map(X)`` for X of
            shape (n, d), which keeps :attr:`workers` evaluations in flight and returns the n values in order.
        x0 : ndarray, shape (d,)
            Starting point.
        bounds : sequence of (min, max)
            Bounds of each parameter. Outside of them `function` returns inf without an evaluation.
        """

    @abstractmethod
    def callstop(self, reason: str = "") -> None:
        """Make :meth:`minimize` return soon."""

    def check_messages(self) -> list[int]:
        """Carry out what the manager sent; return the keys of its signals (empty if it runs stand-alone)."""
        return [] if self._signal_pipe is None else self._signal_pipe.deliver(self)

    def message_manager(self, key: int, message: str | None = None) -> None:
        """Tell the manager something.

        Parameters
        ----------
        key : {0, 1, 9}
            0: terminated by its own criteria; 1: pause confirmed; 9: a line for its log.
        message : str, optional
            The line.
        """
        if self._signal_pipe is not None:
            self._signal_pipe.report(key, message)

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        """Take note of a better point, shape (d,), found by another optimizer."""
        if fx < self.incumbent["fx"]:
            self.incumbent = {"x": np.array(x, dtype=float), "fx": float(fx)}

    def checkpoint_save(
        self, path: str | PathLike[str], force: Iterable[str] | None = None, block: Iterable[str] | None = None
    ) -> None:
        """Save the state of the instance into the file `path`.

        Saved are all public attributes that are not callable, except the logger.

        Parameters
        ----------
        path : path-like
            File to be written.
        force, block : iterable of str, optional
            Attributes to be saved although the rule leaves them out, or left out although it takes them.
        """
        forced, blocked = set(force or ()), set(block or ())
        state = dict(_saved(self.__dict__, forced, blocked))
        Path(path).write_bytes(_pickled(state))

    @classmethod
    def checkpoint_load(cls, path: str | PathLike[str], **kwargs: Any) -> Self:
        """Return an optimizer rebuilt from what :meth:`checkpoint_save` wrote.

        Parameters
        ----------
        path : path-like
            File written by :meth:`checkpoint_save`. It is unpickled: load only files that you trust.
        **kwargs
            Arguments of the constructor.
        """
        state = pickle.loads(Path(path).read_bytes())
        if not isinstance(state, dict):
            raise UserError(f"{path} holds no saved optimizer; give a file written by checkpoint_save")
        new = cls(**kwargs)
        new.__dict__.update({name: value for name, value in state.items() if name not in _SUPPLIED_ANEW})
        new._restored = True
        return new

    def template(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments that this instance was built with."""
        args, kwargs = self._init_call
        return args, dict(kwargs)


def _abbreviated(value: object, most: int = 80) -> str:
    """Return a setting as it is written, the middle of a long one left out."""
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[: most // 2]}...{text[-most // 4 :]}"


_SUPPLIED_ANEW = ("workers", "is_log_detailed")
"""Attributes that the constructor is given when an optimizer is loaded."""


def _saved(attributes: Mapping[str, Any], forced: set[str], blocked: set[str]) -> Iterator[tuple[str, Any]]:
    for name, value in attributes.items():
        public = not name.startswith("_") and not callable(value) and not isinstance(value, logging.Logger)
        if name in forced or (public and name not in blocked):
            yield name, value


def _pickled(state: dict[str, Any]) -> bytes:
    try:
        return pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # a lambda, or a class defined in a function: by value
        import cloudpickle

        data: bytes = cloudpickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)
        return data


def evaluate_all(
    function: Callable[[NDArray[np.float64]], float], points: Sequence[NDArray[np.float64]]
) -> list[float]:
    """Return the values of `function` at all points, in order, in one batch where `function` can do that."""
    batch = getattr(function, "map", None)
    return list(batch(points)) if batch is not None else [float(function(x)) for x in points]


def refuse_unknown(optimizer: BaseOptimizer, kwargs: Mapping[str, Any]) -> None:
    """Raise if keyword arguments are left that are neither settings nor filled in by the manager.

    Raises
    ------
    SettingTypeError
        Naming the argument, and what to give instead.
    """
    filled_in = {*EARLIER_NAMES, *EARLIER_NAMES.values(), "n_workers", "label"}
    if unknown := [name for name in kwargs if name not in filled_in]:
        constructors = [vars(cls)["__init__"] for cls in type(optimizer).__mro__[:-1] if "__init__" in vars(cls)]
        named = [one for constructor in constructors for one in signature(constructor).parameters.values()]
        known = {one.name for one in named if one.kind is not one.VAR_KEYWORD and one.name[0] != "_"} - filled_in
        refuse(type(optimizer).__name__, unknown, {*known, "workers"} - {"self"}, peers="last")
