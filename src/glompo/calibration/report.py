"""What a calibration is worth at a point: by group, by row and by parameter, and along the way of a run."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo._version import __version__
from glompo.box import Box
from glompo.calibration.data import Data
from glompo.calibration.findings import Findings, GroupRow, ParameterRow, ResidualRow, TrailPoint
from glompo.calibration.identifiability import Identifiability, identifiability
from glompo.calibration.report_text import csv_files, html_page, plain_text
from glompo.errors import SettingError
from glompo.safe_text import error_text

Vector = NDArray[np.float64]

FITTED = "fitted.csv"
"""File with the table of parameters at the point of a report."""

AT_BOUND = 1e-6
"""Share of its range from which a parameter counts as being at its bound."""


class Report(Findings):
    """A calibration at one point; its tables are those of :class:`~glompo.calibration.findings.Findings`."""

    def __str__(self) -> str:
        return plain_text(self)

    def to_html(self) -> str:
        """Return the report as a page."""
        return html_page(self)

    def write(self, directory: str | os.PathLike[str]) -> list[Path]:
        """Write ``report.txt``, ``report.html``, and each table as CSV; return the paths."""
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"report.txt": f"{self}\n", "report.html": self.to_html(), **csv_files(self), FITTED: self.fitted}
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8")
        return [folder / name for name in contents]


def reported(
    fit: Any,
    at: Any = None,
    *,
    errors: bool = True,
    trail: Iterable[tuple[int, Any, float]] | None = None,
    point: str = "",
) -> Report:
    """Return the report of a calibration.

    Parameters
    ----------
    fit : Calibration
        The task.
    at : array-like of shape (d,), or Result, optional
        The point, or the run whose best point is meant; by default the values in the table of parameters.
    errors : bool
        Whether rank and errors are computed, at one evaluation for each active parameter.
    trail : iterable of (int, array-like, float), optional
        Evaluations by which a run improved: number, point, value; of a result they are known.
    point : str
        What the point is called in the title.

    Raises
    ------
    SettingError
        If there is no such point.
    """
    if trail is None and hasattr(at, "trail"):
        trail = at.trail()
    x, called = _point(fit, at)
    splits = {"training": fit.training} | ({} if fit.validation is None else {"validation": fit.validation})
    priors, rows, groups, unknown = fit.parameters.priors(x), [], [], ""
    for split, data in splits.items():
        try:
            predictions = fit.predictions(x, split)
        except Exception as error:  # whatever a model raises where it cannot be computed
            if split == "training":
                raise
            unknown = error_text(error)
            continue
        rows += _rows(data, predictions)
        groups += _groups(fit, split, data, predictions, priors if split == "training" else priors[:0])
    own = np.array([row.residual for row in rows if row.split == "training"] + priors.tolist())
    checked = np.array([row.residual for row in rows if row.split == "validation"])
    known = identifiability(fit.weighted, x, Box(fit.bounds, fit.scaler), own) if errors else None
    points, failed = _judged(fit, trail or ())
    calls = len(splits) + (0 if known is None else known.evaluations) + len(points) + failed
    title = f"{repr(fit).strip('<>')}, at {point or called}"
    return Report(
        title=title,
        x=x,
        loss=fit.total(own),
        validation_loss=fit.total(checked) if len(checked) else math.nan,
        groups=tuple(groups),
        residuals=tuple(rows),
        parameters=_parameters(fit, x, known),
        rank=None if known is None else known.rank,
        trail=tuple(points),
        failed=failed,
        unvalidated=unknown,
        evaluations=calls,
        squares=fit.loss == "sse",
        fitted=fit.parameters.at(x).to_csv(_provenance(title, groups)),
    )


def _point(fit: Any, at: Any) -> tuple[Vector, str]:
    if at is None:
        return fit.x0, "the values in the table"
    best = hasattr(at, "fx") and hasattr(at, "x")
    given = at.x if best else at
    if given is None:
        raise SettingError("the run has no best point: no evaluation gave a value; report another point")
    x = np.asarray(given, dtype=np.float64)
    if x.shape != fit.x0.shape:
        raise SettingError(f"the point has shape {x.shape}; give one number for each of the {len(fit.x0)} parameters")
    return x, "the best point of the run" if best else "the point given"


def _provenance(title: str, groups: Sequence[GroupRow]) -> Iterable[str]:
    """Yield the header of a file of parameters: where they come from, and what they are worth."""
    yield title
    yield f"glompo {__version__}, numpy {np.__version__}, {datetime.now(UTC).isoformat(timespec='seconds')}"
    yield from (f"{row.split} {row.group}: loss {row.loss:.6g}, {row.n} rows" for row in groups)


def _rows(data: Data, predictions: Vector) -> list[ResidualRow]:
    pairs = zip(data, predictions.tolist(), data.residuals(predictions).tolist(), strict=True)
    return [
        ResidualRow(e.split, e.group, e.quantity, e.at, value, e.reference, e.sigma, residual, e.unit, e.where)
        for e, value, residual in pairs
    ]


def _groups(fit: Any, split: str, data: Data, predictions: Vector, priors: Vector) -> list[GroupRow]:
    shares, extra = fit.shares(data.residuals(predictions)), float(fit.shares(priors).sum()) if len(priors) else 0.0
    plain, whole = (predictions - data.reference) / data.sigma, float(shares.sum()) + extra
    found = []
    for group in data.groups:
        members = data.members(group)
        loss = float(shares[members].sum())
        rows = [data[row].terms for row in np.flatnonzero(members).tolist()]
        zeros = Counter(name for terms in rows if len(terms) > 1 for _, name in terms)
        zero, sharing = next((one for one in zeros.most_common(1) if one[1] > 1), ("", 0))
        found.append(
            GroupRow(split, group, len(rows), loss, loss / (whole or 1.0), _rms(plain[members]), zero, sharing)
        )
    if len(priors):
        found.append(GroupRow(split, fit.groups[-1], len(priors), extra, extra / (whole or 1.0), _rms(priors)))
    return found


def _rms(values: Vector) -> float:
    return math.sqrt(float(np.mean(values**2)))


def _parameters(fit: Any, x: Vector, known: Identifiability | None) -> tuple[ParameterRow, ...]:
    found = []
    for i, (row, value) in enumerate(zip(fit.parameters.active, x.tolist(), strict=True)):
        edge = AT_BOUND * (row.upper - row.lower)
        bound = "lower" if value - row.lower <= edge else "upper" if row.upper - value <= edge else ""
        error = math.nan if known is None else float(known.errors[i])
        silent = known is not None and bool(known.silent[i])
        found.append(ParameterRow(row.name, value, row.lower, row.upper, row.value, bound, error, silent))
    return tuple(found)


def _judged(fit: Any, trail: Iterable[tuple[int, Any, float]]) -> tuple[list[TrailPoint], int]:
    """Return the points with their losses, and how many could not be judged; none without data for validation."""
    if fit.validation is None:
        return [], 0
    found, failed = [], 0
    for number, x, value in trail:
        point = np.asarray(x, dtype=np.float64)
        try:
            residuals = fit.validation.residuals(fit.predictions(point, "validation"))
            shares = fit.shares(residuals)
            groups = {group: float(shares[fit.validation.members(group)].sum()) for group in fit.validation.groups}
            found.append(TrailPoint(number, point, value, fit.total(residuals), groups))
        except Exception:  # whatever a model raises where it cannot be computed
            failed += 1
    return found, failed
