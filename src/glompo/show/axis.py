"""Which part of the values, on which scale, shows them best?

Values of an optimization crowd near the smallest ones. Where they are positive and span decades, a logarithmic axis
shows that; where they are not (energies, for example), the distance to the smallest one takes their place, on an axis
that is logarithmic except right at zero. Otherwise a linear axis is easier to read.

Some tasks have cliffs: two atoms on top of each other cost 10¹² times what the whole search is about. Such values
would press everything else flat on any scale, so they lie above the picture. What a search is about is read off its
improvements: most of them happen within reach of its end, whereas a steady descent over decades spreads them evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError

ScaleKind = Literal["auto", "linear", "log", "shifted"]
"""Scales that can be asked for."""

SCALES = ("auto", "linear", "log", "shifted")

DECADES = 1.5
"""Decades that values must span before an axis is logarithmic."""

DEEPEST = 6
"""Decades below the largest distance at which a shifted axis becomes linear at the latest."""

TINY = 1e-250
"""Positive values below it count as zero, since logarithms and margins of them overflow."""

CLIFF = 1e6
"""How many times what most improvements span the values must span before the highest are left out."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How values become heights.

    Attributes
    ----------
    kind : {'linear', 'log', 'shifted'}
        Shifted: the distance to `origin`, logarithmic above `threshold`.
    origin, threshold : float
        See there; 0 for the other kinds.
    ceiling : float
        Values above it are not drawn.
    """

    kind: Literal["linear", "log", "shifted"]
    origin: float = 0.0
    threshold: float = 0.0
    ceiling: float = np.inf

    def heights(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is drawn for `values`, any shape; nan for those above the picture."""
        return np.where(values > self.ceiling, np.nan, values - self.origin)

    def label(self, quantity: str = "value", unit: str = "") -> str:
        """Return the name of the axis."""
        shown = quantity
        if self.kind == "shifted" and self.origin:
            sign = "−" if self.origin > 0 else "+"
            shown = f"{quantity} {sign} {abs(self.origin):.8g}"
        return f"{shown} in {unit}" if unit else shown

    def set_on(self, axes: Any) -> None:
        """Set up the vertical axis of a plot."""
        if self.kind == "log":
            axes.set_yscale("log")
        elif self.kind == "shifted":
            axes.set_yscale("symlog", linthresh=self.threshold, linscale=0.6)
            axes.set_ylim(bottom=-self.threshold / 2)


def scale_for(values: NDArray[np.float64], improvements: NDArray[np.float64], asked: ScaleKind = "auto") -> Scale:
    """Return the scale for a set of values.

    Parameters
    ----------
    values : ndarray, shape (n,)
        All that is to be drawn; those that are not finite do not count.
    improvements : ndarray, shape (m,)
        Those at which an optimizer's best value fell.
    asked : {'auto', 'linear', 'log', 'shifted'}
        Which scale; 'auto' chooses.

    Raises
    ------
    SettingError
        If there is no such scale, or 'log' is asked for and a value is 0 or less.
    """
    if asked not in SCALES:
        raise SettingError(f"yscale is {asked!r}; use one of {', '.join(map(repr, SCALES))}")
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Scale("linear")
    ceiling = _ceiling(finite, improvements)
    finite = finite[finite <= ceiling]
    low, high = float(finite.min()), float(finite.max())
    if asked == "log" and low <= TINY:
        raise SettingError(f"yscale is 'log', but the smallest value is {low:g}; use 'shifted', or leave it out")
    if asked in ("linear", "log"):
        return Scale(asked, ceiling=ceiling)
    if low > TINY and asked == "auto":
        return Scale("log" if high / low > 10**DECADES else "linear", ceiling=ceiling)
    with np.errstate(over="ignore"):
        distances = finite[finite > low] - low
    distances = distances[distances > TINY]
    if not distances.size or not np.isfinite(distances).all():
        return Scale("linear", ceiling=ceiling)
    largest = float(distances.max())
    if asked == "auto" and largest < _quantile(distances, 0.5) * 10**DECADES:
        return Scale("linear", ceiling=ceiling)
    threshold = max(_quantile(distances, 0.02), largest * 10.0**-DEEPEST)
    return Scale("shifted", low, 10.0 ** np.floor(np.log10(threshold)), ceiling)


def _ceiling(finite: NDArray[np.float64], improvements: NDArray[np.float64]) -> float:
    if not improvements.size:
        return np.inf
    low, high = float(finite.min()), float(finite.max())
    reach = _quantile(improvements, 0.9) - low
    with np.errstate(over="ignore"):
        return low + 2 * reach if 0 < reach * CLIFF < high - low else np.inf


def _quantile(values: NDArray[np.float64], share: float) -> float:
    """Return one of the values: between two of them lies a sum that may overflow."""
    return float(np.quantile(values, share, method="lower"))
