"""Signals before and after a run; while it goes on the engine handles them itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

from glompo.core.views.run_view import RunView
from glompo.engine.ports import Observer
from glompo.signal_handlers import SIGNALS, handling


class SignalGuard:
    """Handles signals before and after a run, which it observes to know when that is over.

    Before the run, a signal raises KeyboardInterrupt. After it, none does any more: a second Ctrl-C that comes a moment
    too late must not cost the result that is about to be printed.

    Attributes
    ----------
    over : bool
        Whether the run is over.
    by : str
        Name of the last signal before the run; empty if there was none.
    """

    def __init__(self) -> None:
        self._observer: Observer | None = None
        self.over = False
        self.by = ""

    def beside(self, observer: Observer | None) -> Self:
        """Watch the run beside another observer, if there is one."""
        self._observer = observer
        return self

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal before or after the run."""
        if not self.over:
            self.by = signal.Signals(number).name
            raise KeyboardInterrupt

    def update(self, view: RunView) -> None:
        """Let the other observer see the run."""
        if self._observer is not None:
            self._observer.update(view)

    def close(self, view: RunView) -> None:
        """Let the other observer see the run for the last time; from now on nothing is interrupted."""
        self.over = True
        if self._observer is not None:
            self._observer.close(view)


@contextmanager
def signal_guard() -> Iterator[SignalGuard]:
    """Handle signals while the block runs.

    Behind it signals are ignored if the run is over, for then the process is about to end, with an exit code that must
    not become that of a signal; otherwise the former handlers are restored.
    """
    guard = SignalGuard()
    with handling(SIGNALS, guard.handle, lambda: signal.SIG_IGN if guard.over else None):
        yield guard
