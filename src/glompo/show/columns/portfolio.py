"""What each part of a portfolio should have had, has had, and has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glompo.read import OptimizerRow, Summary


@dataclass(frozen=True, slots=True)
class PortfolioColumns:
    """The picture of a portfolio; without one, of the kinds of optimizers. One entry for each part.

    Attributes
    ----------
    regimes : bool
        Whether the parts are regimes.
    names : tuple of str
        Their names.
    planned : tuple of float
        Share of the evaluations that each should have now; nan if that is not on record.
    spent : tuple of float
        Share that each has had.
    evaluations, improvements, started : tuple of int
        Calls of the task; batches that improved the best value of the run; optimizers.
    best : tuple of float
        Smallest valid value; +inf if there is none.
    """

    regimes: bool
    names: tuple[str, ...]
    planned: tuple[float, ...]
    spent: tuple[float, ...]
    evaluations: tuple[int, ...]
    improvements: tuple[int, ...]
    started: tuple[int, ...]
    best: tuple[float, ...]


def portfolio_columns(summary: Summary, rows: Sequence[OptimizerRow]) -> PortfolioColumns:
    """Return what the picture shows of a run with these optimizers."""
    if not summary.regimes:
        return _kinds(summary, rows)
    regimes = summary.regimes
    return PortfolioColumns(
        regimes=True,
        names=tuple(one.name for one in regimes),
        planned=tuple(float("nan") if one.share is None else one.share for one in regimes),
        spent=tuple(one.spent for one in regimes),
        evaluations=tuple(one.evaluations for one in regimes),
        improvements=tuple(one.improvements for one in regimes),
        started=tuple(one.started for one in regimes),
        best=tuple(one.best_f for one in regimes),
    )


def _kinds(summary: Summary, rows: Sequence[OptimizerRow]) -> PortfolioColumns:
    kinds: dict[str, list[OptimizerRow]] = {}
    for row in rows:
        kinds.setdefault(row.name, []).append(row)
    evaluations = [sum(row.evaluations for row in own) for own in kinds.values()]
    return PortfolioColumns(
        regimes=False,
        names=tuple(kinds),
        planned=(float("nan"),) * len(kinds),
        spent=tuple(n / summary.calls if summary.calls else 0.0 for n in evaluations),
        evaluations=tuple(evaluations),
        improvements=tuple(sum(row.improvements for row in own) for own in kinds.values()),
        started=tuple(map(len, kinds.values())),
        best=tuple(min(row.best_f for row in own) for own in kinds.values()),
    )
