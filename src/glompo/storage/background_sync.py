"""Forcing a file to the disk beside the writer, which goes on appending meanwhile.

A disk may take a quarter of a second for one synchronisation. Whoever waited for it in the loop of a run could not
write down what arrives in that time, and a killed process would lose it.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from glompo.storage.disk import Disk


class Synchronizer:
    """At most one synchronisation under way, in a thread of its own.

    Parameters
    ----------
    disk : Disk
        Does the work.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._threads: ThreadPoolExecutor | None = None
        self._under_way: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a synchronisation is under way."""
        return self._under_way is not None and not self._under_way.done()

    def begin(self, fd: int) -> None:
        """Begin to synchronise; the descriptor must stay open until :meth:`settle`."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(1, thread_name_prefix="glompo-disk")
        self._under_way = self._threads.submit(self._disk.sync, fd)

    def settle(self) -> None:
        """Wait for the synchronisation under way, if any, and raise the OSError that it met."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def close(self) -> None:
        """End the thread."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None
