"""Progress as plain lines, for logs and batch queues."""

from __future__ import annotations

from typing import IO

from glompo.read import OptimizerRow, Summary
from glompo.show import formatting as words


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
        self._write(summary.elapsed, words.opening(summary))
        self._due = summary.elapsed + self._interval

    def tell(self, row: OptimizerRow, elapsed: float) -> None:
        """Write how an optimizer ended."""
        self._write(elapsed if row.ended_at is None else row.ended_at, words.farewell(row))

    def draw(self, summary: Summary) -> None:
        """Write the present, if it is time for it."""
        if summary.elapsed >= self._due:
            self._due = summary.elapsed + self._interval
            self._write(summary.elapsed, self._present(summary))

    def close(self, summary: Summary) -> None:
        """Write the end."""
        self._write(summary.elapsed, self._present(summary))
        self._write(summary.elapsed, words.ending(summary))

    def let_go(self) -> None:
        """There is nothing to give back."""

    def _present(self, summary: Summary) -> str:
        parts = (words.best(summary), words.share(summary), words.pace(summary.rate), words.census(summary))
        return "; ".join(parts)

    def _write(self, elapsed: float, text: str) -> None:
        line = f"[{words.clock(elapsed)}] {text}\n"
        encoding = getattr(self._stream, "encoding", None) or "utf-8"  # a stream in memory has none
        self._stream.write(line.encode(encoding, "replace").decode(encoding))
        self._stream.flush()
