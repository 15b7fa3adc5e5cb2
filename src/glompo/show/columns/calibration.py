"""What a calibration records of its best points: what each group adds to the loss, and residuals if it keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.calibration.data import Data
from glompo.calibration.losses import SUM, Loss
from glompo.events import Evaluated, Event, RunOpened, SessionOpened
from glompo.read.improvements import improvements_in
from glompo.show.columns.trajectories import DRAWABLE

Vector = NDArray[np.float64]

RESIDUALS = ("residuals", "weighted_residuals")
"""Headers of recorded residuals: what is squared and summed, or what the loss is made of."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The training data of a calibration, the loss that compares them with its model, and if there is validation."""

    training: Data
    loss: Loss
    validated: bool = False


@dataclass(frozen=True, slots=True)
class FitColumns:
    """What the pictures of a calibration show.

    Attributes
    ----------
    groups : tuple of str
        Groups of the loss.
    number : ndarray, shape (k,)
        Evaluations of the run that improved it.
    loss : ndarray, shape (k,)
        Their losses.
    sums : ndarray, shape (k, number of groups)
        What each group added to them.
    count : int
        Evaluations of the run so far.
    residuals : ndarray, shape (n,)
        Those of the best one as they were recorded, priors last; empty if they were not.
    tables : Tables or None
        The data, if they are known.
    """

    groups: tuple[str, ...]
    number: Vector
    loss: Vector
    sums: Vector
    count: int
    residuals: Vector
    tables: Tables | None

    @property
    def members(self) -> tuple[str, ...]:
        """The group of each residual; empty where the data are not known."""
        if self.tables is None or len(self.residuals) < len(self.tables.training):
            return ()
        rows = [entry.group for entry in self.tables.training]
        return (*rows, *[self.groups[-1]] * (len(self.residuals) - len(rows)))

    @property
    def parity(self) -> tuple[Vector, Vector]:
        """References and predictions of the training data, shape (n,) each; empty where either is not known."""
        if self.tables is None or not self.members:
            return np.empty(0), np.empty(0)
        training = self.tables.training
        weighted = self.tables.loss.unrooted(self.residuals[: len(training)])
        return training.reference, training.predicted(weighted)


class FitRecord:
    """Collects from the events of a run what it records of a calibration."""

    def __init__(self) -> None:
        self.tables: Tables | None = None
        self.groups: tuple[str, ...] = ()
        self._sums: list[int] = []
        self._residuals: int | None = None
        self._count = 0
        self._best = DRAWABLE
        self._trail: list[tuple[float, ...]] = []
        self._last = np.empty(0)

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        if isinstance(event, Evaluated):
            self._evaluated(event)
        elif isinstance(event, (RunOpened, SessionOpened)) and event.spec:
            headers = [str(name) for name in event.spec.get("headers") or ()]
            self.groups = tuple(name.removeprefix(SUM) for name in headers if name.startswith(SUM))
            self._sums = [k for k, name in enumerate(headers) if name.startswith(SUM)]
            self._residuals = next((k for k, name in enumerate(headers) if name in RESIDUALS), None)

    def _evaluated(self, event: Evaluated) -> None:
        begun, self._count = self._count, self._count + len(event.f)
        if not self._sums or not event.extras:
            return
        for k, _, value in improvements_in(event, self._best):
            row = event.extras[k]
            if len(row) > self._sums[-1]:
                self._best = value
                self._trail.append((begun + k + 1.0, self._best, *(float(row[i]) for i in self._sums)))
                kept = row[self._residuals] if self._residuals is not None and len(row) > self._residuals else None
                self._last = np.empty(0) if kept is None else np.asarray(kept, np.float64)

    def columns(self) -> FitColumns:
        """Return what the pictures show now."""
        trail = np.array(self._trail).reshape(len(self._trail), 2 + len(self._sums))
        return FitColumns(self.groups, trail[:, 0], trail[:, 1], trail[:, 2:], self._count, self._last, self.tables)
