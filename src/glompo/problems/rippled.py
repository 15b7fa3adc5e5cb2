"""Bowls with ripples: one global slope towards the minimum, covered with local minima."""

from __future__ import annotations

import numpy as np

from glompo.problems.base import Array, Problem


class Ackley(Problem):
    r"""Ackley's function: a flat outer region, a steep hole at the origin, ripples everywhere.

    .. math:: f(x) = -20 e^{-0.2\sqrt{\frac{1}{d}\sum_i x_i^2}} - e^{\frac{1}{d}\sum_i\cos 2\pi x_i} + 20 + e

    Minimum 0 at the origin; bounds ±32.768.

    Source: Jamil and Yang, arXiv:1308.4008, no. 1 (which prints 0.02 for the factor 0.2); bounds of Surjanovic and
    Bingham, Virtual Library of Simulation Experiments.
    """

    _RANGE = (-32.768, 32.768)
    _AT = 0.0

    def _values(self, Z: Array) -> Array:
        slope = -20.0 * np.exp(-0.2 * np.sqrt((Z * Z).mean(axis=1)))
        ripples = -np.exp(np.cos(2.0 * np.pi * Z).mean(axis=1))
        return np.asarray(slope + ripples + 20.0 + np.e)


class Alpine01(Problem):
    r"""First Alpine function: folds with kinks, touching zero at many places.

    .. math:: f(x) = \sum_i |x_i \sin x_i + 0.1 x_i|

    Minimum 0 at the origin, and wherever every x_i is 0 or has sin x_i = −0.1; bounds ±10.

    Source: Jamil and Yang, arXiv:1308.4008, no. 6; Gavana, Global Optimization Benchmarks, "Alpine01".
    """

    _RANGE = (-10.0, 10.0)
    _AT = 0.0

    def _values(self, Z: Array) -> Array:
        return np.asarray(np.abs(Z * np.sin(Z) + 0.1 * Z).sum(axis=1))


class Griewank(Problem):
    r"""Griewank's function: a wide parabola with regular, coupled ripples.

    .. math:: f(x) = 1 + \sum_i \frac{x_i^2}{4000} - \prod_i \cos\frac{x_i}{\sqrt i}

    Minimum 0 at the origin; bounds ±600.

    Source: Jamil and Yang, arXiv:1308.4008, no. 59 (bounds ±100); bounds of Surjanovic and Bingham.
    """

    _RANGE = (-600.0, 600.0)
    _AT = 0.0

    def _values(self, Z: Array) -> Array:
        index = np.arange(1, self._dims + 1)
        return np.asarray(1.0 + (Z * Z).sum(axis=1) / 4000.0 - np.cos(Z / np.sqrt(index)).prod(axis=1))


class Levy(Problem):
    r"""Levy's function: a parabola whose waves grow with the distance from the minimum.

    .. math::

        f(x) = \sin^2 \pi w_1 + \sum_{i=1}^{d-1} (w_i - 1)^2 [1 + 10 \sin^2(\pi w_i + 1)]
               + (w_d - 1)^2 [1 + \sin^2 2\pi w_d], \qquad w_i = 1 + \frac{x_i - 1}{4}

    Minimum 0 at x_i = 1; bounds ±10. The literature calls several functions by this name; in this one the sum ends
    before the last parameter, which has a term of its own.

    Source: Surjanovic and Bingham, "Levy Function"; Laguna and Martí, J. Glob. Optim. 33, 235 (2005).
    """

    _RANGE = (-10.0, 10.0)
    _AT = 1.0

    def _values(self, Z: Array) -> Array:
        offset = (Z - 1.0) / 4.0  # w − 1, exact near the minimum
        inner, last = offset[:, :-1], offset[:, -1]
        first_term = np.sin(np.pi * offset[:, 0]) ** 2
        # sin² has the period π, so that π·w may be replaced by π·(w − 1)
        inner_terms = inner**2 * (1.0 + 10.0 * np.sin(np.pi * inner + 1.0) ** 2)
        last_term = last**2 * (1.0 + np.sin(2.0 * np.pi * last) ** 2)
        return np.asarray(first_term + inner_terms.sum(axis=1) + last_term)


class Rastrigin(Problem):
    r"""Rastrigin's function: a parabola under a regular lattice of deep holes.

    .. math:: f(x) = 10 d + \sum_i (x_i^2 - 10 \cos 2\pi x_i)

    Minimum 0 at the origin; bounds ±5.12.

    Source: Surjanovic and Bingham, "Rastrigin Function"; Gavana, "Rastrigin".
    """

    _RANGE = (-5.12, 5.12)
    _AT = 0.0

    def _values(self, Z: Array) -> Array:
        return np.asarray(10.0 * self._dims + (Z * Z - 10.0 * np.cos(2.0 * np.pi * Z)).sum(axis=1))
