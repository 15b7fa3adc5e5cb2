"""Scattered minima: many basins of different depth and no slope that leads from one to the best."""

from __future__ import annotations

import numpy as np

from glompo.problems.base import Array, Problem


class Alpine02(Problem):
    r"""Second Alpine function: a product of waves that grow with x.

    .. math:: f(x) = \prod_i \sqrt{x_i} \sin x_i

    √x·sin x is highest (2.80813…) at 7.917… and lowest (−2.18277…) at 4.816…; a product is lowest with one low factor
    and d − 1 high ones: −2.80813^(d−1) · 2.18277 at d places. Bounds 0 to 10; the value is inf where an x_i is
    negative.

    Source: Jamil and Yang, arXiv:1308.4008, no. 7, whose "minimum" 2.808^d is the maximum; Gavana, "Alpine02", has the
    minimum −6.1295 for d = 2.
    """

    box_moves = True
    _RANGE = (0.0, 10.0)
    _HIGH_AT, _HIGH = 7.917052684666207, 2.808131180007005
    _LOW_AT, _LOW = 4.815842317845935, -2.182769784677722

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return self._LOW * self._HIGH ** (self._dims - 1)

    def _place(self) -> Array:
        place = np.full(self._dims, self._HIGH_AT)
        place[-1] = self._LOW_AT
        return place

    def _values(self, Z: Array) -> Array:
        values = (np.sqrt(np.abs(Z)) * np.sin(Z)).prod(axis=1)
        return np.where((Z < 0.0).any(axis=1), np.inf, values)


class Qing(Problem):
    r"""Qing's function: 2^d equal minima, one per quadrant, close together in a wide box.

    .. math:: f(x) = \sum_i (x_i^2 - i)^2

    Minimum 0 at x_i = ±√i; bounds ±500.

    Source: Jamil and Yang, arXiv:1308.4008, no. 98; Gavana, "Qing".
    """

    _RANGE = (-500.0, 500.0)

    def _place(self) -> Array:
        return np.asarray(np.sqrt(np.arange(1.0, self._dims + 1.0)))

    def _values(self, Z: Array) -> Array:
        return np.asarray(((Z * Z - np.arange(1, self._dims + 1)) ** 2).sum(axis=1))


class Rana(Problem):
    r"""Rana's function: rugged, not separable, with its minimum on the border of the box.

    .. math::

        f(x) = \sum_{i=1}^{d-1} (x_{i+1} + 1) \cos t_2 \sin t_1 + x_i \cos t_1 \sin t_2, \qquad
        t_1 = \sqrt{|x_{i+1} + x_i + 1|}, \; t_2 = \sqrt{|x_{i+1} - x_i + 1|}

    Bounds ±500. The literature gives the minimum for d = 2 only. The values for d = 3, 4, 5 were computed here: the sum
    is a chain, so that dynamic programming over a grid (spacing 1/16) finds the best basin, and a descent from there
    its bottom. Above five parameters the minimum is not known (about −499 per term).

    Source: Jamil and Yang, arXiv:1308.4008, no. 102; Whitley et al., Artif. Intell. 85, 245 (1996).
    """

    box_moves = True
    least_dims = 2
    _RANGE = (-500.0, 500.0)
    _PLACES = (
        (-300.33763264265195, 500.0),
        (-300.3376328663519, 500.0, 299.19500771152076),
        (496.11173769134604, -500.0, -499.0698124541908, -498.0360757818672),
        (496.1117376820141, -500.0, -499.08784618250496, -498.0733245224708, -496.94428529174734),
    )
    _MINIMA = (-500.80216029666445, -1000.7641909831502, -1497.9115198872173, -1995.939942478869)

    @property
    def min_fx(self) -> float | None:
        """Lowest value inside the bounds; None for d > 5."""
        return self._MINIMA[self._dims - 2] if self._dims <= 5 else None

    def _place(self) -> Array | None:
        return np.array(self._PLACES[self._dims - 2]) if self._dims <= 5 else None

    def _values(self, Z: Array) -> Array:
        here, following = Z[:, :-1], Z[:, 1:]
        t1 = np.sqrt(np.abs(following + here + 1.0))
        t2 = np.sqrt(np.abs(following - here + 1.0))
        terms = (following + 1.0) * np.cos(t2) * np.sin(t1) + here * np.cos(t1) * np.sin(t2)
        return np.asarray(terms.sum(axis=1))


class Schwefel(Problem):
    r"""Schwefel's function 2.26: the second-best basin lies far from the best, which hides in a corner.

    .. math:: f(x) = -\sum_i x_i \sin\sqrt{|x_i|}

    Minimum −418.98288727·d at x_i = 420.968746; bounds ±500. Some authors add 418.9829·d (Surjanovic and Bingham) or
    divide by d (Jamil and Yang).

    Source: Jamil and Yang, arXiv:1308.4008, no. 128; Gavana, "Schwefel26".
    """

    box_moves = True
    _RANGE = (-500.0, 500.0)
    _AT, _LOW = 420.968746359982, -418.98288727243374

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return self._LOW * self._dims

    def _values(self, Z: Array) -> Array:
        return np.asarray(-(Z * np.sin(np.sqrt(np.abs(Z)))).sum(axis=1))


class Shubert(Problem):
    r"""Shubert's function: equal global minima in groups, among many local ones.

    .. math:: f(x) = \prod_i \sum_{j=1}^5 j \cos[(j + 1) x_i + j]

    One factor lies between −12.87088… and 14.50800… and has the period 2π. The product is lowest with one low factor
    and d − 1 high ones: −186.7309 for d = 2, −2709.094 for d = 3, at d·3^d places; bounds ±10.

    Source: Jamil and Yang, arXiv:1308.4008, no. 133 (which omits the factor j); Gavana, "Shubert01"; Li et al.,
    CEC'2013 niching benchmark, F6.
    """

    _RANGE = (-10.0, 10.0)
    _HIGH_AT, _HIGH = -7.0835064076515595, 14.508007927195035
    _LOW_AT, _LOW = 4.858056878859825, -12.870885497725684

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return self._LOW * self._HIGH ** (self._dims - 1)

    def _place(self) -> Array:
        place = np.full(self._dims, self._HIGH_AT)
        place[-1] = self._LOW_AT
        return place

    def _values(self, Z: Array) -> Array:
        j = np.arange(1, 6)
        return np.asarray((j * np.cos((j + 1) * Z[..., np.newaxis] + j)).sum(axis=2).prod(axis=1))


class StyblinskiTang(Problem):
    r"""Function of Styblinski and Tang: 2^d minima, of which one is lowest.

    .. math:: f(x) = \frac12 \sum_i (x_i^4 - 16 x_i^2 + 5 x_i)

    Minimum −39.166165703771·d at x_i = −2.903534; bounds ±5.

    Source: Jamil and Yang, arXiv:1308.4008, no. 144; Surjanovic and Bingham, "Styblinski-Tang Function".
    """

    _RANGE = (-5.0, 5.0)
    _AT, _LOW = -2.903534027771177, -39.16616570377141

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return self._LOW * self._dims

    def _values(self, Z: Array) -> Array:
        square = Z * Z
        return np.asarray(0.5 * (square * square - 16.0 * square + 5.0 * Z).sum(axis=1))


class Vincent(Problem):
    r"""Vincent's function: 6^d equal minima whose spacing grows with x.

    .. math:: f(x) = -\sum_i \sin(10 \ln x_i)

    Minimum −d where ln x_i = π/20 + kπ/5, k = −2 … 3; bounds 0.25 to 10; the value is inf where an x_i is not positive.
    The CEC'2013 niching benchmark (Li et al., F7) maximises the mean instead of minimising the negative sum.

    Source: Gavana, "Vincent"; Shir and Bäck, GECCO 2006.
    """

    box_moves = True
    _RANGE = (0.25, 10.0)

    @property
    def min_fx(self) -> float:
        """Lowest value inside the bounds."""
        return -float(self._dims)

    def _place(self) -> Array:
        return np.full(self._dims, np.exp(np.pi / 20.0 + 3.0 * np.pi / 5.0))

    def _values(self, Z: Array) -> Array:
        positive = Z > 0.0
        waves = np.sin(10.0 * np.log(np.where(positive, Z, 1.0)))
        # nan is not positive either, but it is no place outside the domain: it stays nan
        outside = (Z <= 0.0).any(axis=1)
        return np.where(outside, np.inf, np.where(np.isnan(Z), np.nan, -waves).sum(axis=1))
