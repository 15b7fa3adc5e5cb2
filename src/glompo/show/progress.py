"""The progress of a run while it works."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import IO, Protocol

from rich.console import Console

from glompo.errors import SettingError
from glompo.read import OptimizerRow, RunView, Summary, row_of, summarize
from glompo.show import formatting as fmt
from glompo.show.html.cell import CellDisplay, in_notebook
from glompo.show.live import LiveDisplay
from glompo.validation import as_real

REDRAW = 0.25
"""Seconds of run time between two looks at the run."""


class _Display(Protocol):
    def begin(self, summary: Summary) -> None: ...

    def show_end(self, row: OptimizerRow, elapsed: float) -> None: ...

    def draw(self, summary: Summary) -> None: ...

    def close(self, summary: Summary) -> None: ...

    def release(self) -> None: ...


class Progress:
    """Shows a run while it works: best value, evaluations and budget, optimizers, and why each of them ended.

    In a terminal a few lines are drawn anew at most four times a second, and the end of each optimizer stays above
    them; what the task prints meanwhile appears there as well, and nothing stays replaced afterwards. In a notebook one
    output of the cell is drawn anew once a second, without widgets. Elsewhere (a file, a pipe) plain lines are written:
    one for each end, and one for the whole run every `interval` seconds.

    Parameters
    ----------
    interval : float
        Seconds between two plain lines about the whole run.
    stream : text file, optional
        Where to write; the standard error by default, so that the output of a script stays its own.
    console : rich.console.Console, optional
        Where to write instead of `stream`.

    Raises
    ------
    SettingError
        If `interval` is no positive number.
    """

    def __init__(self, interval: float = 10.0, stream: IO[str] | None = None, console: Console | None = None) -> None:
        seconds = as_real(interval)
        if seconds is None or not seconds > 0:
            raise SettingError(f"interval is {interval!r}; give the seconds between two lines, more than 0")
        self._interval = seconds
        self._stream = stream
        self._console = console
        self._display: _Display | None = None
        self._seen_at = -math.inf
        self._alive: list[int] = []
        self._started = 0

    def update(self, view: RunView) -> None:
        """See the run after something happened; most calls return at once.

        Parameters
        ----------
        view : RunView
            The run.
        """
        if view.now < self._seen_at + REDRAW:
            return
        self._seen_at = view.now
        try:
            self._begun(view).draw(summarize(view))
        except BaseException:  # an observer that failed is not closed
            self._release()
            raise

    def close(self, view: RunView) -> None:
        """See the run for the last time, write its outcome, and let go; another run may follow.

        Parameters
        ----------
        view : RunView
            The run.
        """
        try:
            self._begun(view).close(summarize(view))
        finally:
            self._release()

    def _begun(self, view: RunView) -> _Display:
        """Return the display, which knows of every end so far."""
        if self._display is None:
            self._display = self._choose()
            self._display.begin(summarize(view))
        for row in self._ended(view):
            self._display.show_end(row, view.now)
        return self._display

    def _release(self) -> None:
        display, self._display = self._display, None
        self._seen_at, self._alive, self._started = -math.inf, [], 0
        if display is not None:
            display.release()

    def _choose(self) -> _Display:
        if self._stream is None and self._console is None and in_notebook():
            return CellDisplay()
        stream = self._stream or (self._console.file if self._console else sys.stderr)
        console = self._console or Console(file=stream)
        if not console.is_terminal or console.is_dumb_terminal or console.options.ascii_only:
            return PlainLines(stream, self._interval)
        # else a redirected output would end up in the terminal
        return LiveDisplay(stream, console, owns_terminal=_is_terminal(sys.stdout) and _is_terminal(sys.stderr))

    def _ended(self, view: RunView) -> Iterator[OptimizerRow]:
        """Return each optimizer once that has ended; the work does not grow with the number of all."""
        candidates = [*self._alive, *range(self._started + 1, view.n_started + 1)]
        self._started = view.n_started
        self._alive = [opt for opt in candidates if view[opt].how is None]
        ended = [view[opt] for opt in candidates if view[opt].how is not None]
        ended.sort(key=lambda one: (one.ended_at or 0.0, one.opt))
        return (row_of(one, view.calls) for one in ended)


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()


class PlainLines:
    """One line per optimizer that ends, and one with the present every `interval` seconds of run time.

    Parameters
    ----------
    stream : text file
        Where the lines go.
    interval : float
        Seconds between two lines about the present.
    """

    def __init__(self, stream: IO[str], interval: float) -> None:
        self._stream = stream
        self._interval = interval
        self._due = interval

    def begin(self, summary: Summary) -> None:
        """Write what the run is about."""
        for line in (fmt.opening(summary), *fmt.crowding(summary)):
            self._write(summary.elapsed, line)
        self._due = summary.elapsed + self._interval

    def show_end(self, row: OptimizerRow, elapsed: float) -> None:
        """Write how an optimizer ended."""
        self._write(elapsed if row.ended_at is None else row.ended_at, fmt.end_of(row))

    def draw(self, summary: Summary) -> None:
        """Write the present, if it is time for it."""
        if summary.elapsed >= self._due:
            self._due = summary.elapsed + self._interval
            self._write(summary.elapsed, self._present(summary))

    def close(self, summary: Summary) -> None:
        """Write the end."""
        self._write(summary.elapsed, self._present(summary))
        self._write(summary.elapsed, fmt.ending(summary))

    def release(self) -> None:
        """Do nothing: the stream is not changed."""

    def _present(self, summary: Summary) -> str:
        parts = (
            fmt.best(summary),
            fmt.share(summary),
            fmt.pace(summary.rate),
            fmt.census(summary),
            fmt.regimes(summary),
        )
        return "; ".join(filter(None, parts))

    def _write(self, elapsed: float, text: str) -> None:
        line = f"[{fmt.clock(elapsed)}] {text}\n"
        encoding = getattr(self._stream, "encoding", None) or "utf-8"  # a stream in memory has none
        self._stream.write(line.encode(encoding, "replace").decode(encoding))
        self._stream.flush()
