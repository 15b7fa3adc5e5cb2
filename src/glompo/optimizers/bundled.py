"""What our own optimizers have in common: a flag that ends the loop, and no unknown settings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.optimizer import BaseOptimizer, MinimizeResult, refuse_unknown


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
    """

    def __init__(self, **kwargs: Any) -> None:
        refuse_unknown(self, kwargs)
        super().__init__(**kwargs)
        self.stop_reason: str | None = None

    def callstop(self, reason: str = "") -> None:
        """End the loop at the next opportunity."""
        self.stop_reason = reason or "asked to stop"

    def heed(self) -> bool:
        """Do what the manager wants, wait while paused, and return whether the loop should end."""
        self.check_messages()
        self._pause_signal.wait()
        return self.stop_reason is not None

    def note_best(self, x: NDArray[np.float64], fx: float) -> None:
        """Keep the point, shape (d,), if it is better than the incumbent."""
        if fx < self.incumbent["fx"]:
            self.incumbent = {"x": np.array(x, dtype=float), "fx": float(fx)}

    def ended(self, reason: str | None = None) -> MinimizeResult:
        """Return the result at the end of the loop; with `reason`, announce that it converged by itself."""
        if reason is not None:
            self.message_manager(0)
        return MinimizeResult(
            success=reason is not None,
            x=self.incumbent["x"],
            fx=self.incumbent["fx"],
            stats={"reason": reason or self.stop_reason or ""},
            origin={"opt_id": self.opt_id, "type": type(self).__name__},
        )
