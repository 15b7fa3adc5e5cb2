"""Signals that come before a command has begun its work: there is nothing to end in order, but an exit code to keep."""

from __future__ import annotations

import os
import signal
from types import FrameType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 75, signal.SIGUSR1: 75}
"""As for a run that is interrupted: see :mod:`glompo.cli.app`."""


def hear_early() -> None:
    """Let the signals end this process with their exit codes; a run hears them itself once it is about to begin."""
    for number in EXIT_CODES:
        try:
            signal.signal(number, _leave)
        except ValueError:  # not in the main thread, which alone hears signals
            return


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(EXIT_CODES[signal.Signals(number)])  # at once: an exception could be caught by what is being imported
