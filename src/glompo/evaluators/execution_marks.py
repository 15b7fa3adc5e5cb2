"""Which evaluations the processes of an executor have begun.

An executor that breaks says of all evaluations in its care that they are lost, and not which of them ended its process.
So each evaluation leaves a mark while it is under way: the number of its process, at its place in a file.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

WIDTH = 8
"""Bytes of a mark."""


class Marks:
    """The side of the caller, which gives out places and reads the marks."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="glompo-marks-")  # noqa: SIM115  # closed by `close`
        self._lock = threading.Lock()
        self._free: list[int] = []
        self._places = 0

    @property
    def path(self) -> str:
        """Where the marks are left."""
        return self._file.name

    def take(self) -> int:
        """Return a place that no other evaluation has."""
        with self._lock:
            if self._free:
                return self._free.pop()
            self._places += 1
            return self._places - 1

    def give_back(self, place: int) -> None:
        """Let another evaluation have the place."""
        with self._lock:
            self._free.append(place)

    def process(self, place: int) -> int:
        """Return the number of the process in which the evaluation at `place` is under way; 0 if it is in none."""
        if self._file.closed:  # the evaluation is not awaited any more
            return 0
        return int.from_bytes(os.pread(self._file.fileno(), WIDTH, place * WIDTH), "little")

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


@contextmanager
def marked(path: str, place: int) -> Iterator[None]:
    """Mark the evaluation at `place` while the block runs; on another machine, which has no such file, do nothing."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        _leave(file, place, os.getpid())
        yield
    finally:
        _leave(file, place, 0)
        os.close(file)


def _leave(file: int, place: int, mark: int) -> None:
    with suppress(OSError):  # a full disk must not fail the evaluation
        os.pwrite(file, mark.to_bytes(WIDTH, "little"), place * WIDTH)
