"""What every benchmark problem offers: a callable with a box, a known minimum, an optional delay and shift."""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from time import sleep
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]


class Problem(ABC):
    """A function to be minimised over a box, of which the minimum is known.

    Parameters
    ----------
    dims : int
        Number of parameters, d.
    delay : float
        Seconds that every evaluation sleeps before it answers, to stand in for an expensive task. A batch of n points
        sleeps n times as long.
    shift : float, array_like of shape (d,), or numpy.random.Generator, optional
        Vector s; the problem becomes f(x − s) and every known place of the minimum moves by s. A number shifts every
        parameter alike. A generator draws s once, at construction: it places the minimum anywhere in the inner 80 % of
        every range, or, where the box moves along, draws s within half a width either way.

        Where the box goes depends on :attr:`box_moves`. False: the bounds stay, so that the minimum leaves its
        published (often central) place; it must stay inside. True: the bounds move by s too, because beyond the
        published box the function falls below its minimum or does not exist.

    Attributes
    ----------
    box_moves : bool
        Class attribute: whether the bounds follow the shift.
    least_dims, most_dims : int or None
        Class attributes: the smallest and the largest number of parameters; None is no limit.

    Raises
    ------
    TypeError
        `dims` is not a whole number.
    ValueError
        `dims` is out of range, `delay` is negative or not finite, `shift` has the wrong shape, is not finite or moves
        the minimum out of the box.
    """

    box_moves: ClassVar[bool] = False
    least_dims: ClassVar[int] = 1
    most_dims: ClassVar[int | None] = None
    _RANGE: ClassVar[tuple[float, float]]  # of every parameter; a class without it defines _box
    _LOWEST: ClassVar[float | None] = 0.0
    _AT: ClassVar[float | None] = None  # every parameter at the minimum; a class where they differ defines _place

    def __init__(self, dims: int = 2, *, delay: float = 0.0, shift: ArrayLike | np.random.Generator | None = None):
        self._dims = self._checked_dims(dims)
        self._delay = self._checked_delay(delay)
        self._shift = self._checked_shift(shift)

    @property
    def dims(self) -> int:
        """Number of parameters, d."""
        return self._dims

    @property
    def delay(self) -> float:
        """Seconds that one evaluation sleeps."""
        return self._delay

    @property
    def shift(self) -> Array:
        """The shift s, shape (d,); zeros without one."""
        return np.zeros(self._dims) if self._shift is None else self._shift.copy()

    @property
    def bounds(self) -> Array:
        """Lower and upper bounds, shape (d, 2)."""
        box = self._box()
        return box + self._shift[:, np.newaxis] if self.box_moves and self._shift is not None else box

    @property
    def min_fx(self) -> float | None:
        """Lowest value inside the bounds; None where it is unknown."""
        return self._LOWEST

    @property
    def min_x(self) -> Array | None:
        """One place of the lowest value, shape (d,); None where unknown. The class says how many others there are."""
        place = self._place()
        return place if place is None or self._shift is None else place + self._shift

    def __call__(self, x: ArrayLike) -> float:
        """Return the value at `x`.

        Parameters
        ----------
        x : array_like, shape (d,)
            Parameter vector. It may lie outside the bounds; nan gives nan.

        Returns
        -------
        float
            The value.

        Raises
        ------
        ValueError
            `x` does not have the shape (d,).
        """
        point = self._unshifted(x)
        if self._delay:
            sleep(self._delay)
        return float(self._values(point[np.newaxis])[0])

    def batch(self, X: ArrayLike) -> Array:
        """Return the values at many points, computed together.

        Parameters
        ----------
        X : array_like, shape (n, d)
            One parameter vector per row.

        Returns
        -------
        ndarray of float64, shape (n,)
            The values, as n single calls would give them up to rounding.

        Raises
        ------
        ValueError
            `X` does not have the shape (n, d).
        """
        points = np.asarray(X, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != self._dims:
            raise ValueError(f"{self!r} takes a batch of shape (n, {self._dims}), not {points.shape}")
        if self._delay:
            sleep(self._delay * len(points))
        if self._shift is not None:
            points = points - self._shift
        return self._values(points)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(dims={self._dims})"

    def _box(self) -> Array:
        """Return the published bounds, shape (d, 2), as a new array."""
        return self._cube(*self._RANGE)

    @abstractmethod
    def _values(self, Z: Array) -> Array:
        """Return the unshifted function at the rows of `Z`, shape (n, d) to (n,)."""

    def _place(self) -> Array | None:
        """Return one published place of the minimum, shape (d,), as a new array; None where unknown."""
        return None if self._AT is None else np.full(self._dims, self._AT)

    def _unshifted(self, x: ArrayLike) -> Array:
        """Return x − s, after checking that `x` has the shape (d,)."""
        point = np.asarray(x, dtype=np.float64)
        if point.shape != (self._dims,):
            raise ValueError(f"{self!r} takes a vector of shape ({self._dims},), not {point.shape}")
        return point if self._shift is None else point - self._shift

    def _cube(self, lower: float, upper: float) -> Array:
        """Return the box with the same range for every parameter, shape (d, 2)."""
        return np.tile((lower, upper), (self._dims, 1)).astype(np.float64)

    def _checked_dims(self, dims: int) -> int:
        number = operator.index(dims)
        most = math.inf if self.most_dims is None else self.most_dims
        if not self.least_dims <= number <= most:
            allowed = f"{self.least_dims} to {self.most_dims}" if self.most_dims else f"at least {self.least_dims}"
            raise ValueError(f"{type(self).__name__} exists for {allowed} dimensions, not {number}")
        return number

    def _checked_delay(self, delay: float) -> float:
        if not 0.0 <= float(delay) < math.inf:
            raise ValueError(f"delay is a finite number of seconds, 0 or more, not {delay!r}")
        return float(delay)

    def _checked_shift(self, shift: ArrayLike | np.random.Generator | None) -> Array | None:
        if shift is None:
            return None
        if isinstance(shift, np.random.Generator):
            return self._drawn_shift(shift)
        vector = np.asarray(shift, dtype=np.float64)
        if vector.shape not in ((), (self._dims,)):
            raise ValueError(f"shift is a number or has the shape ({self._dims},), not {vector.shape}")
        vector = np.broadcast_to(vector, (self._dims,)).copy()
        if not np.isfinite(vector).all():
            raise ValueError(f"shift must be finite, not {vector}")
        self._check_that_the_minimum_stays_inside(vector)
        return vector

    def _drawn_shift(self, rng: np.random.Generator) -> Array:
        box, place = self._box(), self._place()
        lower, width = box[:, 0], box[:, 1] - box[:, 0]
        if self.box_moves or place is None:
            return width * rng.uniform(-0.5, 0.5, self._dims)
        return lower + width * rng.uniform(0.1, 0.9, self._dims) - place

    def _check_that_the_minimum_stays_inside(self, shift: Array) -> None:
        place = self._place()
        if self.box_moves or place is None:
            return
        box = self._box()
        if ((place + shift < box[:, 0]) | (place + shift > box[:, 1])).any():
            raise ValueError(
                f"shift {shift} moves the minimum from {place} out of the bounds {box.tolist()}; "
                f"give a shorter one, or a numpy Generator to draw one that fits"
            )
