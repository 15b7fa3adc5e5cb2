"""The command line: it reads and calls, and decides nothing.

``import glompo.cli`` and ``glompo --help`` load neither numpy nor any policy; each command loads what it needs.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

from glompo.cli.exit_codes import exit_code_after
from glompo.signal_handlers import SIGNALS, handling


def main() -> None:
    """Execute the command line of this process and exit with its code.

    Signals are handled before anything else is loaded, which takes longer than a batch queue may wait: they end this
    process with their exit code. A run replaces the handlers once it is about to begin.
    """
    with handling(SIGNALS, _exit, _after_a_run):
        from glompo.cli.app import main as execute

        execute()


def _exit(number: int, frame: FrameType | None) -> None:
    os._exit(exit_code_after(signal.Signals(number).name))  # an exception could be caught by what is being imported


def _after_a_run() -> signal.Handlers | None:
    """Let signals be ignored until this process has ended if a run has left them so, else restore the handlers."""
    return signal.SIG_IGN if signal.getsignal(signal.SIGTERM) == signal.SIG_IGN else None


__all__ = ["main"]
