"""What the tables of a report say of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.read import History, OptimizerRow, Result, Summary
from glompo.read.decisions import WHAT
from glompo.show import formatting as fmt
from glompo.show.columns import Decisions
from glompo.show.html.parts import Markup, decision_rows, facts, folded, paragraphs, section, table

OPTIMIZERS_SHOWN = 1000
"""Optimizers in the table at most: the first ones, and the owner of the best point."""

PARAMETERS_SHOWN = 1000
MINIMA_SHOWN = 50
DECISIONS_SHOWN = 200
"""Rows of the other tables at most."""

OPEN = 30
"""Rows of the log up to which it is shown without a click."""

COUNTS_SHOWN = 12
"""Kinds of decisions that are counted at most: the most frequent ones."""

PLACES_SHOWN = 6
"""Parameters of a minimum at most."""

NEAR_BOUND = 1e-4
"""Share of its range within which a parameter lies at a bound; see :meth:`glompo.read.Result.minima`."""


def standing(summary: Summary, result: Result) -> str:
    """Return where the run stands."""
    failed = f", {summary.failures:,} failed" if summary.failures else ""
    budget = "" if summary.budget is None else f" of {summary.budget:,}"
    found = {
        "state": Markup(f'<span class="state {summary.standing}">{fmt.status(summary)}</span>'),
        "best value": fmt.value(summary.best_f),
        "found by": "-" if summary.best_opt is None else f"{summary.best_opt} {summary.best_kind}",
        "evaluations": f"{summary.calls:,}{budget}{failed}",
        "run time": f"{fmt.clock(summary.elapsed)}, {fmt.pace(summary.rate)}",
        "optimizers": fmt.census(summary),
        "begun": f"{result.date[:19].replace('T', ' ')} UTC",
    }
    return paragraphs([result.message]) + facts(found)


def best_point(result: Result) -> str:
    """Return the parameters of the best point with their bounds; those at a bound come first and are named."""
    if result.x is None or result.box is None:
        return ""
    box, unit = result.box, result.box.unit(result.x)
    at_low, at_high = box.free & (unit <= NEAR_BOUND), box.free & (unit >= 1 - NEAR_BOUND)
    order = np.argsort(~(at_low | at_high), kind="stable")[:PARAMETERS_SHOWN]
    rows = [
        (
            result.names[k], f"{result.x[k]:.8g}", f"{box.low[k]:.6g}", f"{box.high[k]:.6g}",
            "fixed" if not box.free[k] else "lower" if at_low[k] else "upper" if at_high[k] else "",
        )
        for k in order.tolist()
    ]  # fmt: skip
    count = int((at_low | at_high).sum())
    told = f"{count} of {fmt.counted(len(unit), 'parameter')} at a bound" if count else "no parameter is at a bound"
    header = ("parameter", "value", "lower bound", "upper bound", "at bound")
    return section("Best point", paragraphs([told]), table(header, rows, more=len(unit) - len(rows)))


def optimizers(rows: Sequence[OptimizerRow], winner: int | None, most: int = OPTIMIZERS_SHOWN) -> str:
    """Return the table of the first optimizers and of the `winner`, which found the best point."""
    shown = [row for i, row in enumerate(rows) if i < most or row.opt_id == winner]
    cells = [
        (
            row.opt_id, row.name, row.start, f"{row.evaluations:,}", "" if row.best_x is None else f"{row.best_f:.8g}",
            f"{row.ending} (found the best point)" if row.opt_id == winner else row.ending,
        )
        for row in shown
    ]  # fmt: skip
    header = ("no.", "optimizer", "start", "evaluations", "best", "end")
    more = len(rows) - len(shown)
    return table(header, cells, more, stacked=True) if cells else "<p>none has started</p>"


def regimes(summary: Summary) -> str:
    """Return what the parts of a portfolio have had and found."""
    rows = [
        (
            one.name, "" if one.share is None else f"{100 * one.share:.3g}%", f"{100 * one.spent:.3g}%",
            f"{one.evaluations:,}", one.started, one.alive, f"{one.improvements:,}", fmt.value(one.best_f),
        )
        for one in summary.regimes
    ]  # fmt: skip
    header = ("regime", "share", "spent", "evaluations", "started", "alive", "improvements", "best")
    return section("Regimes", table(header, rows)) if rows else ""


def minima(result: Result) -> str:
    """Return the distinct minima."""
    found = result.minima()
    rows = [
        (f"{one.fx:.8g}", _place(one.x), one.times, one.converged, ", ".join(one.at_bound), ", ".join(one.found_by))
        for one in found[:MINIMA_SHOWN]
    ]
    header = ("value", "at", "times", "converged", "at bound", "found by")
    told = paragraphs([f"ends of optimizers, told apart at {found.tol:g} of the range of each parameter"])
    return section("Distinct minima", told, table(header, rows, len(found) - len(rows), stacked=True)) if rows else ""


def _place(x: NDArray[np.float64]) -> str:
    """Return the first parameters of a point."""
    return ", ".join(f"{value:.4g}" for value in x[:PLACES_SHOWN].tolist()) + (", ..." if len(x) > PLACES_SHOWN else "")


def failures(summary: Summary) -> str:
    """Return why evaluations failed."""
    rows = [(f"{n:,}", cause, example) for cause, n, example in summary.causes]
    return section("Failed evaluations", table(("times", "cause", "first reason"), rows, stacked=True)) if rows else ""


def decisions(history: History) -> str:
    """Return how often what was decided, and the newest decisions with their reasons and the answers of the rules."""
    seen = Decisions()
    counts: Counter[tuple[str, str]] = Counter()
    for event in history.events:
        if (one := seen.taken(event)) is not None and type(event) in WHAT:
            counts[one.what, one.by] += 1
    told = ", ".join(
        f"{n:,} × {what}" + (f" ({by})" if by else "") for (what, by), n in counts.most_common(COUNTS_SHOWN)
    )
    newest = seen.newest(DECISIONS_SHOWN)
    header = ("run time", "optimizer", "what", "by", "why")
    listed = table(header, decision_rows(newest), seen.count - len(newest), stacked=True)
    shown = listed if len(newest) <= OPEN else folded(f"the newest {len(newest)} entries of the log", listed)
    return section("Decisions", paragraphs([told] if told else []), shown) if newest else ""


def settings(history: History) -> str:
    """Return the settings of the run, and the versions of the libraries."""
    opening = history.opening
    told = table(("setting", "value"), _flat(opening.settings))
    versions = table(("library", "version"), opening.versions.items())
    return section("Settings and versions", folded("settings", told), folded("versions", versions))


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield name, value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
