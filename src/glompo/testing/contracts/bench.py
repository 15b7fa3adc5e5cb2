"""Run an optimizer in this thread, without engine and worker, where everything of it can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Option
from glompo.optimizer import BaseOptimizer, OpenGate
from glompo.testing.contracts.bowl import Bowl
from glompo.worker.optimizer_adapter import by_name as named_arguments
from glompo.worker.space import Space


class Enough(BaseException):
    """Ends an optimizer that went on although `callstop` had been called."""


class BenchLink:
    """Plays the manager: acts whenever the optimizer looks at its messages.

    Parameters
    ----------
    rng : numpy.random.Generator
        The optimizer's random stream.
    act : callable
        Called with the optimizer.

    Attributes
    ----------
    reports : list of (int, str or None)
        What the optimizer said.
    """

    def __init__(self, rng: np.random.Generator, act: Callable[[BaseOptimizer], None] = lambda optimizer: None) -> None:
        self.rng = rng
        self.reports: list[tuple[int, str | None]] = []
        self._act = act

    def deliver(self, optimizer: BaseOptimizer) -> list[int]:
        """Act; there are no messages."""
        self._act(optimizer)
        return []

    def report(self, key: int, message: str | None) -> None:
        """Note what the optimizer says."""
        self.reports.append((key, message))


def link_arguments(link: BenchLink, opt_id: int = 7, workers: int = 1) -> dict[str, Any]:
    """Return the arguments that a manager fills in, in the seed's spelling."""
    return {
        "_opt_id": opt_id,
        "_signal_pipe": link,
        "_results_queue": None,
        "_pause_flag": OpenGate(),
        "_is_log_detailed": False,
        "_workers": workers,
        "_backend": "threads",
    }


def by_name(option: Option) -> dict[str, Any]:
    """Return all arguments of an option's constructor by their names, as `checkpoint_load` takes them."""
    return named_arguments(option.cls, option.args, option.kwargs)


def space_of(option: Option, bowl: Bowl) -> Space:
    """Return the box of the task as the optimizer sees it."""
    cls: Any = option.cls
    return Space(bowl.bounds, cls.scaler)


class Bench:
    """One search in the units that the optimizer asks for.

    Parameters
    ----------
    bowl : Bowl
        The task.
    option : Option
        The optimizer.
    evaluations : int
        Evaluations after which `callstop` is called.
    grace : int
        Evaluations that it may make after that.

    Attributes
    ----------
    points : list of ndarray, shape (d,)
        What was evaluated, in natural units.
    """

    def __init__(self, bowl: Bowl, option: Option, evaluations: int, grace: int) -> None:
        self.points: list[NDArray[np.float64]] = []
        self._bowl = bowl
        self._option = option
        self._space = space_of(option, bowl)
        self._evaluations = evaluations
        self._grace = grace

    def search(self, optimizer: BaseOptimizer) -> Any:
        """Return what `minimize` returns.

        Raises
        ------
        Enough
            If it goes on for more than `grace` evaluations after `callstop`.
        """
        x0 = self._space.seen(self._bowl.x0).copy()
        function = _Function(self, optimizer)
        return optimizer.minimize(function, x0, self._space.pairs, **self._option.minimize_kwargs)

    def evaluate(self, optimizer: BaseOptimizer, u: Any) -> tuple[float, NDArray[np.float64]]:
        """Return value and residuals at what the optimizer calls `u`, shape (m,); inf outside the bounds."""
        x = self.natural(u)
        self.points.append(x)
        if len(self.points) == self._evaluations:
            optimizer.callstop("enough for a test")
        if len(self.points) > self._evaluations + self._grace:
            raise Enough
        value, residuals = self._bowl.detailed_call(x)
        return (value, residuals) if self._bowl.contains(x) else (np.inf, np.full_like(residuals, np.inf))

    def natural(self, u: Any) -> NDArray[np.float64]:
        """Return in natural units, shape (d,), what the optimizer calls `u`, shape (m,)."""
        return self._space.natural(np.array(u, dtype=float))


class _Function:
    """The task as an unmanaged optimizer calls it."""

    def __init__(self, bench: Bench, optimizer: BaseOptimizer) -> None:
        self._bench = bench
        self._optimizer = optimizer

    def __call__(self, u: Any) -> float:
        """Return the value."""
        return self._bench.evaluate(self._optimizer, u)[0]

    def detailed_call(self, u: Any) -> tuple[float, NDArray[np.float64]]:
        """Return value and residuals."""
        return self._bench.evaluate(self._optimizer, u)

    def headers(self) -> dict[str, type]:
        """Return the name and type of what `detailed_call` returns after the value."""
        return {"residuals": np.ndarray}
