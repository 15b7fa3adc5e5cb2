"""What is known before a run: points with values, or the evaluations of an earlier run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, SettingTypeError
from glompo.events import Evaluated
from glompo.function import Status
from glompo.read import History, Result, load
from glompo.values import reals

MOST = 1000
"""Points of an earlier run that are taken over, the best ones."""

FORMS = "give (X, f), points of shape (n, d) and their n values, or an earlier run: its directory or its result"

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KnownPoints:
    """Points with their values, the best first, and where they come from."""

    X: Points
    f: Points
    source: str

    def __str__(self) -> str:
        return f"{len(self.f)} from {self.source}"


def known_points_of(given: Any, bounds: Points) -> KnownPoints:
    """Return the points that a user gave.

    Parameters
    ----------
    given : (X, f), path-like, History or Result
        Points, shape (n, d), with their finite values, shape (n,); or an earlier run, of which the best valid
        evaluations inside the bounds are taken.
    bounds : ndarray, shape (d, 2)
        Of the run.

    Raises
    ------
    SettingError, SettingTypeError
        If these are no points of that many parameters, or one given by the user lies outside the bounds.
    UserError
        If there is no such run.
    """
    if isinstance(given, Result):
        given = given.run_dir
    if isinstance(given, (str, os.PathLike)):
        given = load(given)
    if isinstance(given, History):
        X, f = _of_run(given, bounds)
        return _sorted(X, f, f"the run in {given.run_dir}")
    try:
        X, f = map(reals, given)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingTypeError(f"known_points is {type(given).__name__} ({error}); {FORMS}") from None
    if X.ndim != 2 or X.shape[1] != len(bounds) or f.shape != (len(X),) or not len(X):
        raise SettingError(f"known_points have shapes {X.shape} and {f.shape}, with {len(bounds)} parameters; {FORMS}")
    if not np.isfinite(f).all():
        raise SettingError(f"known_points have the value {f[~np.isfinite(f)][0]}; leave out points without a value")
    outside = np.flatnonzero(~_inside(X, bounds))
    if outside.size:
        raise SettingError(
            f"known_points: point {outside[0]}, {X[outside[0]].tolist()}, lies outside the bounds; leave it out or "
            "widen the bounds"
        )
    return _sorted(X, f, "the user")


def _of_run(history: History, bounds: Points) -> tuple[Points, Points]:
    dims = len(history.view.bounds)
    if dims != len(bounds):
        raise SettingError(
            f"known_points is the run in {history.run_dir}, which has {dims} parameters, and this one has "
            f"{len(bounds)}; give a run of the same task"
        )
    X, f = np.empty((0, dims)), np.empty(0)
    for some, values in _valid(history):
        X, f = np.vstack([X, some]), np.concatenate([f, values])
        fits = _inside(X, bounds) & np.isfinite(f)
        best = np.argsort(f[fits], kind="stable")[:MOST]
        X, f = X[fits][best], f[fits][best]
    if not len(f):
        raise SettingError(f"known_points is the run in {history.run_dir}, which found no value inside these bounds")
    return X, f


def _valid(history: History) -> Iterator[tuple[Points, Points]]:
    for event in history.events:
        if isinstance(event, Evaluated):
            valid = event.status == int(Status.OK)
            yield event.X[valid], event.f[valid]


def _inside(X: Points, bounds: Points) -> NDArray[np.bool_]:
    return np.asarray(((bounds[:, 0] <= X) & (bounds[:, 1] >= X)).all(axis=1))


def _sorted(X: Points, f: Points, source: str) -> KnownPoints:
    order = np.argsort(f, kind="stable")
    return KnownPoints(X[order], f[order], source)
