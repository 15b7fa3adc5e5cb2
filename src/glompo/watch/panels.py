"""What is shown of a run in a terminal, as plain lines; no terminal is needed to make them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from glompo.read import Follower, OptimizerRow, Recording, RunStatus, RunView, Summary, row_of, summarize
from glompo.read.course import Course
from glompo.read.run_status import nothing_recorded
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.watch.curve import drawn

COLUMNS = ("", "optimizer", "state", "evaluations", "best", "since", "reason")
"""Head of the table of optimizers."""

ENDED = 100
"""Optimizers that have ended in the table, the latest, at most."""

OPENING = 1.0
"""Seconds for which the past of a run is read for one frame, where a snapshot tells how it stands."""


class Line(NamedTuple):
    """A line of the table of optimizers: its number, and the cells."""

    opt: int
    cells: tuple[str, ...]


def frame(run_dir: str | os.PathLike[str], width: int = 80, height: int = 24) -> str:
    """Return one picture of a run as plain text.

    Parameters
    ----------
    run_dir : path-like
        Working directory of a run, alive or not.
    width, height : int
        Characters; a line is cut where it is longer, and lists are cut so that all fits.

    Raises
    ------
    UserError
        If the directory holds no run.
    """
    course = Course()
    recording = Recording(run_dir, course.take)
    recording.poll(OPENING)
    if not (recording.complete or recording.abridged):
        recording.poll()
    if not recording.begun:
        return nothing_recorded(recording.run_dir, recording.writer)
    view = recording.view if recording.complete else Follower(run_dir).poll()
    summary = summarize(view, recording.writer)
    lines = [*heads(summary), ""]
    sides = [*shares(summary), *failures(summary)]
    room = max(6, height - len(lines) - len(sides) - 2)
    table, picture = room // 2, max(3, room // 4)
    lines += [*aligned(list(islice(optimizers(view, summary), table))), ""]
    lines += [*curve(course, width, picture, calls=view.calls), *sides]
    if recording.complete:
        lines += log(course, max(1, height - len(lines)))
    else:
        lines.append("its log takes longer to read; glompo watch without --once has it")
    return "\n".join(line[:width].rstrip() for line in lines)


def heads(summary: Summary) -> list[str]:
    """Return where a run stands, in three lines."""
    called = f"{legible(summary.label)}, " if summary.label else ""
    first = f"{called}{legible(summary.task)}: {fmt.status(summary)} {fmt.clock(summary.elapsed)}"
    if summary.standing is not RunStatus.RUNNING:
        first += f", {legible(summary.message)}"
    return [
        first,
        f"{fmt.best(summary)}; {fmt.share(summary)}, {fmt.pace(summary.rate)}",
        f"{fmt.census(summary)}; {fmt.slots(summary)}",
    ]


def optimizers(view: RunView, summary: Summary) -> Iterator[Line]:
    """Yield the table of optimizers: those that live, then those that ended, the latest first."""
    for row in summary.living:
        yield _line(row, summary)
    alive = {row.opt_id for row in summary.living}
    ended = (opt for opt in range(view.n_started, 0, -1) if opt not in alive)
    rows = [row_of(view[opt], view.calls) for opt in islice(ended, ENDED)]
    for row in sorted(rows, key=lambda row: -(row.ended_at or 0.0)):
        yield _line(row, summary)


def _line(row: OptimizerRow, summary: Summary) -> Line:
    ending = legible(row.ending)
    state, _, reason = ending.partition(": ")
    if row.how is None and row.stopped_by is None and not row.paused_because and not row.suspended:
        state = "leads" if row.opt_id == summary.best_opt else row.phase
        reason = ""
    since = row.started_at if row.ended_at is None else row.ended_at
    ago = "" if since is None else fmt.clock(summary.elapsed - since)
    name, best = legible(row.name), fmt.value(row.best_f)
    reason = reason or legible(row.start)
    return Line(row.opt_id, (str(row.opt_id), name, state, f"{row.evaluations:,}", best, ago, reason))


def aligned(rows: Sequence[Line]) -> list[str]:
    """Return a table as plain lines."""
    cells = [COLUMNS, *(row.cells for row in rows)]
    widths = [min(28, max(len(line[column]) for line in cells)) for column in range(len(COLUMNS) - 1)]
    right = {0, 3, 4, 5}
    lines = []
    for line in cells:
        parts = [
            f"{cell[:width]:>{width}}" if column in right else f"{cell[:width]:<{width}}"
            for column, (cell, width) in enumerate(zip(line, widths, strict=False))
        ]
        lines.append("  ".join([*parts, line[-1]]).rstrip())
    return lines


def curve(course: Course, width: int, height: int, by_time: bool = False, calls: int = 0) -> list[str]:
    """Return the best value so far against evaluations of the run, or run time, with the axis below.

    If the run has made more `calls` than have been read, that is said.
    """
    steps = course.steps
    at = [step.seconds if by_time else float(step.number) for step in steps]
    end = course.seconds if by_time else float(course.evaluations)
    axis = fmt.clock(end) if by_time else fmt.counted(course.evaluations, "evaluation")
    if course.evaluations < calls:
        axis = f"the first {course.evaluations:,} of {fmt.counted(calls, 'evaluation')}"
    lines = drawn(at, [step.value for step in steps], end, width, max(1, height - 1))
    return [*lines, f"best so far, over {axis}".rjust(width)]


def shares(summary: Summary) -> list[str]:
    """Return what each part of a portfolio has had; nothing without one."""
    return [
        f"{legible(row.name)[:9]:<9} {_bar(row.spent)}{row.spent:4.0%}"
        + ("" if row.share is None else f" of {row.share:.0%}")
        + (" waits" if row.state == "waits" else "")
        for row in summary.regimes
    ]


def _bar(share: float, width: int = 8) -> str:
    full = round(max(0.0, min(1.0, share)) * width)
    return "█" * full + "░" * (width - full)


def failures(summary: Summary) -> list[str]:
    """Return how many evaluations failed, by cause."""
    return [f"{n:,} failed: {legible(cause)}" for cause, n, _ in summary.causes]


def log(course: Course, lines: int) -> list[str]:
    """Return the last lines of what was decided and said."""
    entries = list(course.entries)[-lines:]
    return [f"{fmt.clock(entry.at)} {entry.text}" for entry in entries]
