"""A minimiser of the user's own, or of any library, as an optimizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingTypeError
from glompo.optimizers.blocking import BlockingOptimizer, Objective
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.options import options_of


class FunctionOptimizer(BlockingOptimizer):
    """Run a blocking function ``minimiser(f, x0, bounds)``.

    Whatever it returns is taken as the end of its search; the best point is known from its evaluations. If the
    return value has `success` and `message`, as SciPy's results do, they are kept; without success it is exhausted. To
    be stopped it needs no cooperation: `f` raises inside it. With ``workers=k``, ``f.map(X)`` evaluates the rows of X,
    k at a time, and returns their values in order.

    Parameters
    ----------
    minimiser : callable
        Called as ``minimiser(f, x0, bounds, **options)``, x0 of shape (d,), bounds d pairs (min, max).
    options : mapping, optional
        Further keyword arguments for it.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`.

    Notes
    -----
    A failed evaluation gives inf. What is declared in `capabilities` holds for the frame; what the minimiser can do,
    only its author knows.
    """

    capabilities = Capabilities(batch=True, noise=True, stays_inside=False)
    chosen_by = "minimiser"

    def __init__(self, minimiser: Callable[..., Any], options: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not callable(minimiser):
            raise SettingTypeError(
                f"FunctionOptimizer: minimiser is {minimiser!r}; give a callable minimiser(f, x0, bounds)"
            )
        self.minimiser = minimiser
        self.options = options_of(self, options)

    def search(self, f: Objective, x0: NDArray[np.float64], bounds: list[tuple[float, float]]) -> tuple[str, bool]:
        """Call the minimiser."""
        answer = self.minimiser(f, x0, bounds, **self.options)
        message = getattr(answer, "message", None)
        name = getattr(self.minimiser, "__name__", type(self.minimiser).__name__)
        return str(message or f"{name} returned"), bool(getattr(answer, "success", True))
