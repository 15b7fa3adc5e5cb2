"""On which parameters a value depends, from points that were evaluated anyway."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError
from glompo.optional import library

Vector = NDArray[np.float64]

FEATURES = 10
"""Cosines by which the distribution of a parameter or a value is described."""

WIDTH = 0.3
"""Width of the kernel, as a share of the ranks: the median of their distances, as is usual."""

SALIB = {"pawn": "median", "rbd_fast": "S1", "delta": "delta"}
"""Methods of SALib that take points as they come, and the index that counts."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a value depends on.

    Attributes
    ----------
    method : str
        How it was judged.
    names : tuple of str
        The parameters.
    index : ndarray of shape (d,)
        0 for no dependence; only the order counts.
    p : ndarray of shape (d,)
        How often chance alone gives as large an index; nan where the method does not say.
    n : int
        Points.
    """

    method: str
    names: tuple[str, ...]
    index: Vector
    p: Vector
    n: int

    @property
    def order(self) -> tuple[str, ...]:
        """The parameters, that with the largest index first."""
        return tuple(self.names[i] for i in np.argsort(-self.index, kind="stable"))


def hsic(
    X: Vector,
    y: Vector,
    names: Sequence[str] = (),
    *,
    target: NDArray[np.bool_] | None = None,
    permutations: int = 100,
    rng: Any = 0,
) -> Sensitivity:
    """Return the Hilbert-Schmidt independence criterion of each parameter and the value.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Points.
    y : ndarray of shape (n,)
        Their values. Only their ranks count.
    names : sequence of str, optional
        Names of the parameters.
    target : ndarray of bool, shape (n,), optional
        Which points are near the best; the criterion is then about being near, not about the value.
    permutations : int
        How often the values are shuffled for p-values; 0 for none.
    rng : numpy.random.Generator or int
        For that.

    Notes
    -----
    A. Gretton et al., Measuring statistical dependence with Hilbert-Schmidt norms, ALT 2005. The kernel is that of an
    even heat flow of ranks, a sum of cosines, so that no pair of points has to be compared. The index is 1 where either
    determines the other.
    """
    rng = np.random.default_rng(rng)
    n, d = X.shape
    L = _features(y) if target is None else (target - np.mean(target))[:, np.newaxis]
    K = np.stack([_features(column) for column in X.T])
    size = np.sqrt(((np.swapaxes(K, 1, 2) @ K) ** 2).sum(axis=(1, 2)) * ((L.T @ L) ** 2).sum())

    def dependence(rows: Vector) -> Vector:
        return np.asarray(((np.swapaxes(K, 1, 2) @ rows) ** 2).sum(axis=(1, 2)))

    own = dependence(L)
    index = np.divide(own, size, out=np.zeros(d), where=size > 0.0)
    if not permutations:
        return Sensitivity("hsic", _named(names, d), index, np.full(d, np.nan), n)
    larger = sum(dependence(L[rng.permutation(n)]) >= own for _ in range(permutations))
    p = np.where(size > 0.0, (1 + larger) / (1 + permutations), 1.0)
    return Sensitivity("hsic", _named(names, d), index, p, n)


def salib(
    method: str, X: Vector, y: Vector, bounds: Sequence[tuple[float, float]], names: Sequence[str] = ()
) -> Sensitivity:
    """Return what a method of SALib says of the points.

    Parameters
    ----------
    method : {'pawn', 'rbd_fast', 'delta'}
        Those that need no design of their own.
    X, y, names
        As for :func:`hsic`.
    bounds : sequence of (min, max)
        Ranges of the parameters.

    Raises
    ------
    SettingError
        If there is no such method, or SALib is not installed.
    """
    if method not in SALIB:
        raise SettingError(f"method is {method!r}; use hsic, or one of SALib: {', '.join(SALIB)}")
    analyze = library(f"the method {method!r}", f"SALib.analyze.{method}", "sensitivity").analyze
    names = _named(names, X.shape[1])
    problem = {"num_vars": len(names), "names": list(names), "bounds": [list(pair) for pair in bounds]}
    settings = {"seed": 0} if "seed" in inspect.signature(analyze).parameters else {}
    answer = analyze(problem, X, y, print_to_console=False, **settings)
    return Sensitivity(
        method, names, np.asarray(answer[SALIB[method]], dtype=float), np.full(len(names), np.nan), len(X)
    )


def near_best(y: Vector, share: float) -> NDArray[np.bool_]:
    """Return which points are the best `share` of all, shape (n,); SettingError if it is no share."""
    if not 0.0 < share < 1.0:
        raise SettingError(f"near is {share!r}; give a share between 0 and 1")
    return np.asarray(y <= np.quantile(y, share))


def worth_keeping(*found: Sensitivity, level: float = 0.05) -> tuple[str, ...]:
    """Return the parameters on which anything depends, at this level of chance, in their order."""
    first = found[0]
    kept = np.any([one.p <= level for one in found], axis=0)
    return tuple(name for name, keep in zip(first.names, kept, strict=True) if keep)


def _features(values: Vector) -> Vector:
    """Return the weighted cosines of the ranks, shape (n, m), each with the mean 0; equal values have one rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(counts) == 1:  # nothing moves; rounding is no dependence
        return np.zeros((len(values), FEATURES))
    ranks = (np.cumsum(counts) - counts / 2.0)[inverse] / len(values)
    k = np.pi * np.arange(1, FEATURES + 1)
    found = np.cos(k * ranks[:, np.newaxis]) * np.exp(-0.25 * (k * WIDTH) ** 2)
    return np.asarray(found - found.mean(axis=0))


def _named(names: Sequence[str], dims: int) -> tuple[str, ...]:
    return tuple(names) or tuple(f"x{i}" for i in range(dims))
