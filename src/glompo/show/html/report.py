"""The report on a run: one page that needs nothing else, readable without JavaScript."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glompo.errors import UserError
from glompo.read import History, RunStatus, atomic_write, summarize
from glompo.show import formatting as fmt
from glompo.show.columns import best_columns, trajectory_columns
from glompo.show.html import chapters
from glompo.show.html.interactive import drawn
from glompo.show.html.parts import image, paragraphs, section, text
from glompo.show.html.style import STYLE
from glompo.show.plots import best_so_far, trajectories

DETAIL = 8_000
"""Points in each layer of an interactive picture at most."""

POLICY = (
    "default-src 'none'; img-src data: blob:; font-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline' 'unsafe-eval'"
)
"""What the page may load: nothing."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a report about the task itself.

    Attributes
    ----------
    title : str
        Its title, as plain text.
    html : str
        Its contents, in which foreign texts are escaped.
    """

    title: str
    html: str

    @classmethod
    def of_lines(cls, title: str, lines: Sequence[object]) -> Chapter:
        """Return a chapter of plain texts."""
        return cls(title, paragraphs(lines))


def write_report(history: History, path: str | os.PathLike[str], chapters: Sequence[Chapter] = ()) -> Path:
    """Write the report on a run as one HTML file and return its path; it appears when it is complete.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    target = Path(path)
    page = report_page(history, chapters)
    with atomic_write(target, "give another path") as draft:
        Path(draft).write_text(page, encoding="utf-8")
    return target


def report_page(history: History, more: Sequence[Chapter] = ()) -> str:
    """Return the report on a run as HTML.

    Pictures are there if matplotlib is installed; if Bokeh is as well, and the browser executes JavaScript, they are
    interactive. The page loads nothing.

    Parameters
    ----------
    history : History
        The run, in whatever state.
    more : sequence of Chapter
        What is to be told of the task.
    """
    summary, result = summarize(history.view, history.writer), history.result
    title, failures = fmt.opening(summary), chapters.failures(summary)
    failed = summary.standing is RunStatus.FAILED
    head, pictures = _pictures(history)
    remarks = "".join(f'<p class="lead">{text(line)}</p>' for line in (*fmt.crowding(summary), *fmt.resources(summary)))
    body = [
        f"<header><h1>{text(summary.label or summary.task.rpartition(':')[2])}</h1>"
        f'<p class="lead">{text(fmt.subject(summary))}</p>{chapters.standing(summary, result)}'
        f"{remarks}</header>",
        failures if failed else "",
        pictures,
        *(section(one.title, one.html) for one in more),
        section("Optimizers", chapters.optimizers(result.optimizers, result.origin["opt_id"])),
        chapters.best_point(result),
        chapters.minima(result),
        chapters.regimes(summary),
        "" if failed else failures,
        chapters.decisions(history),
        chapters.settings(history),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>{head}</head>'
        f"<body>\n{''.join(body)}</body></html>\n"
    )


def _pictures(history: History) -> tuple[str, str]:
    """Return what the head needs for the pictures, and the section that holds them."""
    if history.view.best is None:
        told = "no evaluation gave a value" if history.view.candidates else "nothing has been evaluated"
        return "", section("Pictures", paragraphs([f"{told}, so there is nothing to draw"]))
    try:
        static = [
            image(trajectories(history, dpi=100.0), "values of all evaluations, and how each optimizer ended"),
            image(best_so_far(history, dpi=100.0), "best value of the run, and which optimizer found it"),
        ]
    except UserError as error:  # matplotlib is missing
        static = [paragraphs([error])] * 2
    live = drawn(trajectory_columns(history, detail=DETAIL), best_columns(history, detail=DETAIL))
    if live is None:
        shown = static
    else:
        shown = [f"{one}<noscript>{still}</noscript>" for one, still in zip(live[1], static, strict=True)]
    named = zip(("Trajectories", "Best value so far"), shown, strict=True)
    return live[0] if live else "", "".join(section(name, one) for name, one in named)
