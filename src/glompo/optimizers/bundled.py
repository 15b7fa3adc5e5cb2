"""What our own optimizers have in common: a flag that ends the loop, and no unknown settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter
from os import PathLike
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from glompo.optimizer import BaseOptimizer, MinimizeResult, evaluate_all, refuse_unknown
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.libraries import Settings
from glompo.validation import parameters_of

Function = Callable[[NDArray[np.float64]], float]
"""What an optimizer minimises: x of shape (d,) to a value."""


class BundledOptimizer(BaseOptimizer):
    """An optimizer whose loop ends when :attr:`stop_reason` is set.

    Parameters
    ----------
    **kwargs
        Arguments of :class:`~glompo.optimizer.BaseOptimizer`; anything else is refused.

    Attributes
    ----------
    stop_reason : str or None
        Why the manager asked it to stop.
    capabilities : Capabilities
        What it can do.
    chosen_by : str
        Class attribute: the setting that names one of several algorithms, which is then part of the label; empty if
        there is only one.
    """

    capabilities: Capabilities = Capabilities()
    chosen_by: ClassVar[str] = ""

    def __init__(self, **kwargs: Any) -> None:
        refuse_unknown(self, kwargs)
        super().__init__(**kwargs)
        self.stop_reason: str | None = None

    @classmethod
    def libraries(cls, settings: Settings) -> tuple[str, ...]:
        """Return the modules that the search imports, for an instance constructed with `settings`; by default none."""
        return ()

    @classmethod
    def usual_label(cls, settings: Mapping[str, Any]) -> str:
        """Return the class, with the algorithm that is chosen among several."""
        parameter = parameters_of(cls).get(cls.chosen_by)
        usual = None if parameter is None or parameter.default is Parameter.empty else parameter.default
        chosen = settings.get(cls.chosen_by, usual)
        name = cls.spelled(chosen) if isinstance(chosen, str) else getattr(chosen, "__name__", "")
        return f"{cls.__name__}({name})" if name else cls.__name__

    @classmethod
    def spelled(cls, algorithm: str) -> str:
        """Return the name of an algorithm in its usual spelling, where another one is understood."""
        return algorithm

    def callstop(self, reason: str = "") -> None:
        """End the loop at the next opportunity."""
        self.stop_reason = reason or "asked to stop"

    def checkpoint_save(
        self, path: str | PathLike[str], force: Iterable[str] | None = None, block: Iterable[str] | None = None
    ) -> None:
        """Save the state of the instance, apart from a request to stop: that was meant for this one."""
        super().checkpoint_save(path, force, {"stop_reason", *(block or ())})

    @property
    def managed(self) -> bool:
        """Whether a manager decides when it has had enough; without one it keeps to the limits of its library."""
        return self._signal_pipe is not None

    def heed(self) -> bool:
        """Do what the manager wants, wait while paused, and return whether the loop should end."""
        self.check_messages()
        self._pause_signal.wait()
        return self.stop_reason is not None

    def evaluate(
        self, function: Function, points: Sequence[NDArray[np.float64]] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the values at all points in order, in one batch where possible, and note the best of them.

        A value that is no loss, nan or -inf, becomes inf, as it does under a manager.
        """
        values = np.array(evaluate_all(function, list(points)), dtype=float)
        values[~np.isfinite(values)] = math.inf
        known = values.tolist()  # its least is found without letting go of the interpreter lock, as argmin does
        best = known.index(min(known))
        self.note_best(points[best], known[best])
        return values

    def note_best(self, x: NDArray[np.float64], fx: float) -> None:
        """Keep the point, shape (d,), if it is better than the incumbent."""
        if fx < self.incumbent["fx"]:
            self.incumbent = {"x": np.array(x, dtype=float), "fx": float(fx)}

    def ended(self, reason: str | None = None, *, converged: bool = True) -> MinimizeResult:
        """Return the result at the end of the loop.

        Parameters
        ----------
        reason : str, optional
            Why it ended by itself; None if it was asked to stop.
        converged : bool
            Whether that is a convergence, which is announced, and not the end of its own iterations. Without any valid
            point nothing has converged.
        """
        found = self.incumbent["fx"] < math.inf
        success = reason is not None and converged and found
        if success:
            self.message_manager(0)
        elif reason is not None and converged:
            reason += "; no valid point was found"
        return MinimizeResult(
            success=success,
            x=self.incumbent["x"],
            fx=self.incumbent["fx"],
            stats={"reason": reason or self.stop_reason or ""},
            origin={"opt_id": self.opt_id, "type": type(self).__name__},
        )
