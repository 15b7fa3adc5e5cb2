"""A report as text, as a page, and as tables in CSV."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from glompo.calibration.findings import Findings, ParameterRow
from glompo.calibration.tables import written

WORSE = 2.0
"""Sum of squares for each degree of freedom from which a fit is worse than its sigmas allow."""

Cells = Sequence[Sequence[str]]


def plain_text(report: Findings) -> str:
    """Return the report for a terminal."""
    parts = [report.title, *summary(report)]
    for title, header, rows in tables(report):
        if rows:
            parts += ["", title, *_aligned([header, *rows])]
    return "\n".join(parts)


def html_page(report: Findings) -> str:
    """Return the report as a page of its own."""
    parts = [f"<h1>{html.escape(report.title)}</h1>", *(f"<p>{html.escape(line)}</p>" for line in summary(report))]
    for title, header, rows in tables(report):
        if rows:
            cells = "".join(f"<th>{html.escape(one)}</th>" for one in header)
            body = "".join("<tr>" + "".join(f"<td>{html.escape(one)}</td>" for one in row) + "</tr>\n" for row in rows)
            parts.append(f"<h2>{html.escape(title)}</h2>\n<table>\n<tr>{cells}</tr>\n{body}</table>")
    style = "body{font-family:sans-serif}td,th{padding:.1em .8em;text-align:right}td:first-child{text-align:left}"
    head = f'<meta charset="utf-8"><title>{html.escape(report.title)}</title><style>{style}</style>'
    return f"<!doctype html>\n<html><head>{head}</head><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def csv_files(report: Findings) -> dict[str, str]:
    """Return the tables as CSV, by the names of files."""
    lists: dict[str, tuple[Any, ...]] = {
        "groups.csv": report.groups,
        "residuals.csv": report.residuals,
        "parameters.csv": report.parameters,
    }
    found = {}
    for name, rows in lists.items():
        columns = [field.name for field in fields(rows[0])]
        found[name] = written(columns, ([getattr(row, column) for column in columns] for row in rows))
    if report.trail:
        points = ((point.number, point.training, point.validation) for point in report.trail)
        found["trail.csv"] = written(("evaluation", "training", "validation"), points)
    return found


def summary(report: Findings) -> list[str]:
    """Return what is to be known first, a sentence each."""
    lines = [f"loss {_number(report.loss)}"]
    if not math.isnan(report.validation_loss):
        lines[0] += f", of the validation data {_number(report.validation_loss)}"
    if report.rank is not None:
        count = len(report.parameters)
        wide = sum(row.error > 1.0 for row in report.parameters)
        lines.append(
            f"the data determine {report.rank} of {count} combinations of parameters; {wide} of {count} parameters "
            "have a standard error above their whole range"
        )
        n = sum(row.n for row in report.groups if row.split == "training")
        spread = report.loss / max(1, n - report.rank)
        if report.squares and spread > WORSE:
            lines.append(
                f"the loss is {spread:.3g} for each degree of freedom, more than the sigmas allow; errors are larger "
                f"by a factor of about {math.sqrt(spread):.2g} if the model is right"
            )
    bounds = [f"{row.name} ({row.bound})" for row in report.parameters if row.bound]
    silent = [row.name for row in report.parameters if row.silent]
    lines += [f"at a bound: {', '.join(bounds)}"] if bounds else []
    lines += [f"without influence on the training data: {', '.join(silent)}"] if silent else []
    lines += list(_validation(report))
    return lines


def tables(report: Findings) -> Iterable[tuple[str, list[str], Cells]]:
    """Yield each table: its title, its header, its rows as texts."""
    yield (
        "By group",
        ["split", "group", "n", "loss", "share", "rms/sigma", "measured from"],
        [
            [
                row.split, row.group, str(row.n), _number(row.loss), f"{100 * row.share:.1f} %", _number(row.rms),
                f"{row.zero} ({row.sharing} of {row.n})" if row.sharing else "",
            ]
            for row in report.groups
        ],
    )  # fmt: skip
    yield (
        "Largest residuals of the training data",
        ["quantity", "group", "prediction", "reference", "sigma", "residual", "from"],
        [
            [
                row.quantity if row.at is None else f"{row.quantity} at {row.at:g}", row.group, _number(row.prediction),
                _number(row.reference) + (f" {row.unit}" if row.unit else ""), _number(row.sigma),
                f"{row.residual:+.3g}", row.where.rpartition("/")[2],
            ]
            for row in report.worst()
        ],
    )  # fmt: skip
    yield (
        "Parameters",
        ["name", "value", "error", "lower", "upper", "start", ""],
        [
            [
                row.name,
                _number(row.value),
                _error(row),
                _number(row.lower),
                _number(row.upper),
                _number(row.start),
                _note(row),
            ]
            for row in report.parameters
        ],
    )


def _validation(report: Findings) -> Iterable[str]:
    best = report.best_by_validation
    if report.unvalidated:
        yield f"the validation data cannot be computed there: {report.unvalidated}"
    if report.failed:
        yield f"{report.failed} points of the run could not be computed for validation"
    if best is None:
        return
    first, last = report.trail[0], report.trail[-1]
    yield (
        f"along the {len(report.trail)} points by which the run improved, the loss of the training data went from "
        f"{_number(first.training)} to {_number(last.training)}, that of the validation data from "
        f"{_number(first.validation)} to {_number(last.validation)}"
    )
    yield (
        f"validation would choose evaluation {best.number}: training {_number(best.training)}, validation "
        f"{_number(best.validation)}"
    )
    if last.validation > best.validation:
        changes = {group: last.groups[group] - best.groups[group] for group in last.groups}
        group = max(changes, key=changes.__getitem__)
        yield (
            f"from there on validation got worse, by {_number(last.validation - best.validation)}; most of it in the "
            f"group {group}, {_number(best.groups[group])} to {_number(last.groups[group])}"
        )


def _error(row: ParameterRow) -> str:
    if math.isnan(row.error):
        return ""
    if row.bound:
        return "at its bound"
    return "undetermined" if math.isinf(row.error) else f"{100 * row.error:.3g} % of range"


def _note(row: ParameterRow) -> str:
    return "no influence" if row.silent else f"at its {row.bound} bound" if row.bound else ""


def _number(value: float) -> str:
    return f"{value:.6g}"


def _aligned(rows: Cells) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(["  " + first, *others]).rstrip())
    return lines
