"""``glompo list`` and ``glompo clean``: the runs below a directory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from glompo.cli.inspection import plain
from glompo.read import RunStatus
from glompo.read.listing import UNREADABLE, ListedRun, list_runs
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.storage.short_runs import is_short, is_unnamed, remove_run

NAMED = "with a name of their own"
"""Runs whose directory their user chose."""

HEADING = ("run", "state", "evaluations", "best", "begun", "label or task")


def list_text(folder: Path) -> str:
    """Return the runs below a directory as a table."""
    runs = list_runs(folder)
    if not runs:
        return f"no runs below {legible(folder)}"
    rows = [HEADING, *(_row(one, folder) for one in runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = (False, False, True, True, False, False)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    )


def list_json(folder: Path) -> str:
    """Return the same as JSON; what is not a finite number is null there."""
    return json.dumps(plain(list_runs(folder)), indent=2, allow_nan=False)


def _row(one: ListedRun, folder: Path) -> tuple[str, ...]:
    name = "." if one.run_dir == folder else str(one.run_dir.relative_to(folder))
    begun = datetime.fromisoformat(one.date).astimezone().strftime("%Y-%m-%d %H:%M") if one.date else ""
    state = _word(one)
    return legible(name), state, f"{one.calls:,}", fmt.value(one.best), begun, legible(one.called)


def _word(one: ListedRun) -> str:
    return one.status if one.status == UNREADABLE else RunStatus(one.status).word


def clean(folder: Path, finished: bool, everything: bool, pretend: bool) -> Iterator[str]:
    """Remove runs whose directory the library chose, and yield a line for each, and what was kept.

    Parameters
    ----------
    folder : Path
        Below which to look.
    finished, everything : bool
        Whether to remove, beside short ones, all that have finished; all in which no process works, also if they could
        go on.
    pretend : bool
        Only tell what would be removed.
    """
    over = {status for status in RunStatus if status.over}
    goes = over if finished or everything else set()
    goes |= {RunStatus.SUSPENDED, RunStatus.KILLED, RunStatus.COPIED} if everything else set()
    removed, kept = 0, Counter({NAMED: 0})  # named first, whatever the order of the runs
    for one in list_runs(folder):
        if not is_unnamed(one.run_dir):
            kept[NAMED] += 1
        elif one.status in goes or (one.status in over and is_short(one.run_dir)):
            removed += 1
            yield f"{'would remove' if pretend else 'removed'} {legible(one.run_dir)}"
            if not pretend:
                remove_run(one.run_dir)
        else:
            kept[_word(one)] += 1
    told = ", ".join(f"{n} {what}" for what, n in kept.items() if n)
    yield f"{fmt.counted(removed, 'run')} {'would be ' if pretend else ''}removed" + (f"; kept: {told}" if told else "")
