"""The command line: it reads and calls, and decides nothing.

``import glompo.cli`` and ``glompo --help`` load neither numpy nor any policy; each command loads what it needs.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

from glompo.cli.exit_codes import exit_code_after

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""Signals that end this process with their exit code before a command has begun its work."""


def main() -> None:
    """Execute the command line of this process and exit with its code.

    Signals are handled before anything else is loaded, which takes longer than a batch queue may wait. A run replaces
    the handlers once it is about to begin.
    """
    for number in SIGNALS:
        try:
            signal.signal(number, _exit)
        except ValueError:  # not in the main thread, which alone receives signals
            break
    from glompo.cli.app import main as execute

    execute()


def _exit(number: int, frame: FrameType | None) -> None:
    os._exit(exit_code_after(signal.Signals(number).name))  # an exception could be caught by what is being imported


__all__ = ["main"]
