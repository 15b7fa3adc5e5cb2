"""The chapters of a report that compare a calibration with its data."""

from __future__ import annotations

from glompo.calibration import Report
from glompo.calibration.report_text import summary, tables
from glompo.errors import UserError
from glompo.show.fits import losses, movement, parity, residuals
from glompo.show.html.parts import folded, image, paragraphs, table
from glompo.show.html.report import Chapter

OPEN = 60
"""Rows of a table up to which it is shown without a click."""

SIZE = (7.0, 5.2)
"""Inches of a picture: two of them stand side by side."""


def calibration_chapters(report: Report) -> list[Chapter]:
    """Return what a report on a calibration says, with its pictures if matplotlib is installed."""
    told = paragraphs([report.title, *summary(report)]) + _pictures(report)
    found = [Chapter("Comparison with the data", told)]
    for title, header, rows in tables(report):
        if rows:
            shown = table(header, rows)
            found.append(Chapter(title, shown if len(rows) <= OPEN else folded(f"{len(rows):,} rows", shown)))
    return found


def _pictures(report: Report) -> str:
    wanted = [parity, residuals, movement, *([losses] if report.trail else [])]
    try:
        drawn = "".join(image(draw(report, SIZE), draw.__name__) for draw in wanted)
    except UserError as error:  # matplotlib is missing
        return paragraphs([error])
    return f'<div class="gallery">{drawn}</div>'
