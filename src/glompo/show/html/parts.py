"""Parts of pages. Each takes texts as they are and returns HTML in which they are text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import Any

from glompo.safe_text import LINE, legible

NUMERIC = frozenset("0123456789+-−.,e% ∞")


def text(value: object, most: int = LINE) -> str:
    """Return a text in which everything can be seen, and nothing is markup."""
    return escape(legible(value, most))


def paragraphs(lines: Iterable[object]) -> str:
    """Return one paragraph for each line."""
    return "".join(f"<p>{text(line)}</p>" for line in lines)


def facts(values: Mapping[str, object]) -> str:
    """Return names with their values, as a list."""
    entries = (f"<div><dt>{text(name)}</dt><dd>{text(one)}</dd></div>" for name, one in values.items())
    return f"<dl>{''.join(entries)}</dl>"


def table(header: Sequence[str], rows: Iterable[Sequence[object]], more: int = 0) -> str:
    """Return a table; columns of numbers stand on the right, and `more` says how many rows are not shown."""
    cells = [[text(one) for one in row] for row in rows]
    numeric = [any(column) and all(map(_is_number, column)) for column in zip(*cells, strict=True)]
    place = [' class="n"' if one else "" for one in numeric or [False] * len(header)]
    head = "".join(f'<th scope="col"{at}>{text(one)}</th>' for one, at in zip(header, place, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{at}>{one}</td>' for one, at in zip(row, place, strict=True))}</tr>\n" for row in cells
    )
    below = f"<p>and {more:,} more</p>" if more > 0 else ""
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{below}'


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


def _is_number(shown: str) -> bool:
    return NUMERIC.issuperset(shown)
