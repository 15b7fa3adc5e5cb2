"""A result as people read it: the lines that are printed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.lifecycle import How
from glompo.function import Status, cause_of
from glompo.read.optimizer_row import OptimizerRow
from glompo.read.regime_row import RegimeRow
from glompo.read.run_status import DIED
from glompo.safe_text import legible

REASONS_SHOWN = 5
"""Reasons of failed optimizers in the printed result, at most."""

START_SHOWN = 60
"""Characters of where an optimizer started in the printed table, at most."""

LONG = 0.1
"""Share of the evaluations of a run for which an optimizer has waited that is named."""

TURNS = 2
"""Evaluations of others for each of its own beyond which it did not just wait for its turn."""

POINT_SHOWN = 60
"""Parameters of the best point in the printed result, at most."""

LINES_SHOWN = 25
"""Optimizers in the printed table: the first ones, and the owner of the best point."""


def counted(n: int, what: str, many: str = "") -> str:
    """Return a count with its noun; `many` is its plural where an s will not do."""
    return f"{n:,} {what if n == 1 else many or f'{what}s'}"


def point_line(x: NDArray[np.float64] | None, names: Sequence[str]) -> str:
    """Return the best point: with the names that the user gave, or as NumPy writes it."""
    if x is None:
        return "None"
    if tuple(names) == tuple(f"x{i}" for i in range(len(x))):
        return np.array2string(x, prefix=" " * 12, threshold=60)
    named = list(zip(names, x.tolist(), strict=True))
    shown = [f"{legible(name)} = {value:.8g}" for name, value in named[:POINT_SHOWN]]
    return ", ".join([*shown, *([f"and {len(named) - POINT_SHOWN} more"] if len(named) > POINT_SHOWN else [])])


def causes(failures: Mapping[str, int]) -> str:
    """Return causes of failures with their counts, in one line."""
    return ", ".join(f"{n:,} {legible(cause)}" for cause, n in failures.items())


def died_of(rows: Sequence[OptimizerRow]) -> list[str]:
    """Return why optimizers crashed or were lost, the most frequent cause first, each with how many and an example."""
    alike: dict[str, list[str]] = {}
    for row in rows:
        if row.how in DIED:
            alike.setdefault(f"{row.name}: {cause_of(Status.FAILED, row.ending)}", []).append(
                f"{row.name}: {row.ending}"
            )
    groups = sorted(alike.values(), key=len, reverse=True)[:REASONS_SHOWN]
    return [f"{len(group)} of {len(rows)}, {group[0]}" for group in groups]


def regime_table(regimes: Sequence[RegimeRow]) -> list[str]:
    """Return a table of what each regime of a portfolio should have, has had and has found; empty without one."""
    if not regimes:
        return []
    cells = [("", "share", "evaluations", "improved", "best", "waited", "")]
    for row in regimes:
        share = "-" if row.share is None else f"{row.share:.0%}"
        best = f"{row.best_f:.8g}" if math.isfinite(row.best_f) else "-"
        had = f"{row.evaluations:,} ({row.spent:.0%})"
        state = ", ".join((*(() if row.state == "idle" else (row.state,)), *(("is next",) if row.due else ())))
        cells.append((legible(row.name), share, had, f"{row.improvements:,}", best, f"{row.waited:,}", state))
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    lines = [
        "  ".join([f"{name:<{widths[0]}}", *map(str.rjust, rest, widths[1:]), state]) for name, *rest, state in cells
    ]
    return [
        f"{'regimes' if i == 0 else '':>10}{':' if i == 0 else ' '} {line}".rstrip() for i, line in enumerate(lines)
    ]


def waited_for(rows: Sequence[OptimizerRow], calls: int) -> str:
    """Return which optimizers waited longest because the allocator gave their evaluations to others; empty if none did.

    Named are those that waited for more than a tenth of the `calls` of the run, and for more than twice as many as
    they made: optimizers that are served in turn wait as well.
    """
    held = (row for row in rows if row.waited > max(LONG * calls, TURNS * row.evaluations))
    waited = sorted(held, key=lambda row: -row.waited)
    told = [f"{row.opt_id} ({legible(row.name)}) for {row.waited:,}" for row in waited[:REASONS_SHOWN]]
    more = f" and {len(waited) - REASONS_SHOWN} more" if len(waited) > REASONS_SHOWN else ""
    return f"optimizer {', '.join(told)}{more} evaluations that the allocator gave to others" if told else ""


def slots_held(slots: int, held: int, searching: int) -> str:
    """Return how many slots are held where so many optimizers search; those that all share are held by none."""
    if searching and not held:
        return f"{counted(slots, 'slot')} shared"
    return f"{held} of {counted(slots, 'slot')} held"


def census(rows: Sequence[OptimizerRow]) -> str:
    """Return how many optimizers started, how they ended, and how many live."""
    counts = {how: sum(row.how == how for row in rows) for how in How}
    entries = [f"{count} {how}" for how, count in counts.items() if count]
    suspended = sum(row.suspended for row in rows)
    alive = len(rows) - sum(counts.values()) - suspended
    entries += [f"{n} {word}" for n, word in ((alive, "alive"), (suspended, "suspended")) if n]
    return ", ".join([f"{len(rows)} started", *entries])


def optimizer_table(rows: Sequence[OptimizerRow], winner: int | None) -> Iterator[str]:
    """Yield the table of the first optimizers and of the `winner`, which found the best point."""
    shown = [row for i, row in enumerate(rows) if i < LINES_SHOWN or row.opt_id == winner]
    cells = [("", "optimizer", "start", "evaluations", "best", "end")]
    for row in shown:
        best = "-" if row.best_x is None else f"{row.best_f:.8g}"
        start = legible(row.start, START_SHOWN)
        cells.append((str(row.opt_id), legible(row.name), start, str(row.evaluations), best, legible(row.ending)))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    for number, name, start, evaluations, best, end in cells:
        head = f"{number:>{widths[0] + 6}}  {name:<{widths[1]}}  {start:<{widths[2]}}"
        yield f"{head}  {evaluations:>{widths[3]}}  {best:>{widths[4]}}  {end}".rstrip()
    if len(shown) < len(rows):
        yield f"{'':>{widths[0] + 6}}  and {len(rows) - len(shown)} more in result.optimizers"
