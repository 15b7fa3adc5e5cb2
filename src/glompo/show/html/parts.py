"""Parts of pages. Each takes texts as they are and returns HTML in which they are text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import Any

from glompo.read.decisions import Decision
from glompo.safe_text import LINE, legible
from glompo.show.formatting import clock

NUMERIC = frozenset("0123456789+-−.,:e% ∞")

UNKNOWN = frozenset(["", "-", "none"])
"""What stands in a column of numbers where there is none."""


class Markup(str):
    """HTML, which goes into a page as it is."""

    __slots__ = ()


def text(value: object, most: int = LINE) -> str:
    """Return a text in which everything can be seen, and nothing is markup; what is `Markup` stays as it is."""
    return value if isinstance(value, Markup) else escape(legible(value, most))


def paragraphs(lines: Iterable[object]) -> str:
    """Return one paragraph for each line."""
    return "".join(f"<p>{text(line)}</p>" for line in lines)


def facts(values: Mapping[str, object]) -> str:
    """Return names with their values, as a list."""
    entries = (f"<div><dt>{text(name)}</dt><dd>{text(one)}</dd></div>" for name, one in values.items())
    return f"<dl>{''.join(entries)}</dl>"


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], more: int = 0, *, caption: str = "", stacked: bool = False
) -> str:
    """Return a table; columns of numbers stand on the right.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequence
        Their cells, texts or `Markup`.
    more : int
        How many rows are not shown.
    caption : str
        What stands above it.
    stacked : bool
        Whether a narrow page shows the cells of a row below each other, each with the name of its column.
    """
    cells = [[text(one) for one in row] for row in rows]
    numeric = [_is_numeric(column) for column in zip(*cells, strict=True)]
    place = [' class="n"' if one else "" for one in numeric or [False] * len(header)]
    names = [f'{at} data-name="{text(one)}"' if stacked else at for one, at in zip(header, place, strict=True)]
    head = "".join(f'<th scope="col"{at}>{text(one)}</th>' for one, at in zip(header, place, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{at}>{one}</td>' for one, at in zip(row, names, strict=True))}</tr>\n" for row in cells
    )
    above = f"<caption>{text(caption)}</caption>" if caption else ""
    below = f"<p>and {more:,} more</p>" if more > 0 else ""
    kind = ' class="stacked"' if stacked else ""
    inside = f"<table{kind}>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{inside}</div>{below}'


def decision_rows(decisions: Iterable[Decision]) -> Iterator[tuple[object, ...]]:
    """Yield run time, optimizer, what, by and why of each decision; the answers of its rules can be unfolded."""
    for one in decisions:
        yield clock(one.at), one.opt or "", one.what, one.by, unfolding(one)


def unfolding(one: Decision) -> object:
    """Return why something was decided, with the answers of the rules to unfold, where there were any."""
    if one.verdict is None or not one.verdict.parts:
        return one.why
    answers = "\n".join(text(line) for line in one.lines())
    return Markup(folded(one.why or one.verdict.rule, Markup(f"<pre>{answers}</pre>")))


def section(title: str, *contents: str) -> str:
    """Return a part of a page under a title; nothing where there is no content."""
    inside = "".join(contents)
    return f"<section><h2>{text(title)}</h2>{inside}</section>\n" if inside else ""


def folded(title: str, *contents: str) -> str:
    """Return what is shown only when its title is clicked."""
    return f"<details><summary>{text(title)}</summary>{''.join(contents)}</details>"


def image(figure: Any, described: str) -> str:
    """Return a figure of matplotlib as a picture inside the page."""
    file = BytesIO()
    figure.savefig(file, format="png", facecolor="white")
    data = b64encode(file.getvalue()).decode("ascii")
    return f'<img alt="{text(described)}" src="data:image/png;base64,{data}">'


def _is_numeric(column: Sequence[str]) -> bool:
    known = set(column) - UNKNOWN
    return bool(known) and all(map(NUMERIC.issuperset, known))
