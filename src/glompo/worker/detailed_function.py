"""The task as an optimizer sees it that is to have all that `detailed_call` returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.details import Ask
from glompo.worker.flow import Answer
from glompo.worker.managed_function import ManagedFunction


class DetailedManagedFunction(ManagedFunction):
    """A task that can also be asked for all that its `detailed_call` returns."""

    def detailed_call(self, x: NDArray[np.float64]) -> tuple[Any, ...]:
        """Return ``(fx, *extras)`` at `x`, shape (m,); only fx where there was no valid evaluation."""
        with self._gate:
            value, extras = self._answer(self._natural(x), Ask.DETAILS)
        return (value, *extras)

    def map_detailed(self, X: Sequence[NDArray[np.float64]] | NDArray[np.float64]) -> list[Answer]:
        """Return value and extras at all rows of `X`, shape (n, m), in order, like :meth:`map`."""
        with self._gate:
            return self._answers(X, Ask.DETAILS)
