"""The command ``glompo``, and scripts, in this process: one of its own takes a second for its imports alone."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from runpy import run_path
from subprocess import CompletedProcess
from unittest import mock

from glompo.cli import main
from glompo.signal_handlers import SIGNALS


def carried_out(*arguments: str, apart: bool = True) -> CompletedProcess[str]:
    """Run the command in the present directory; return its exit code and what it printed.

    Parameters
    ----------
    arguments : str
        Of the command.
    apart : bool
        Keep what it prints for the case of errors apart; otherwise it is part of `stdout`.
    """
    return _carried_out(main, ["glompo", *arguments], apart)


def script_carried_out(*arguments: str) -> CompletedProcess[str]:
    """Run the script whose path is the first argument, as ``python PATH ...`` does."""
    return _carried_out(partial(run_path, arguments[0], run_name="__main__"), [*arguments], True)


@contextmanager
def signals_restored() -> Iterator[None]:
    """Restore the handlers behind the block: a run leaves signals ignored, for the process of a command then ends."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _carried_out(action: Callable[[], object], argv: list[str], apart: bool) -> CompletedProcess[str]:
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) if apart else output
    modules, places = set(sys.modules), set(sys.path)
    with (
        signals_restored(),
        mock.patch.dict(os.environ),
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(sys, "path", [os.getcwd(), *sys.path]),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        try:
            action()
            code = 0
        except SystemExit as left:
            code = left.code
        _forget(set(sys.modules) - modules, set(sys.path) - places)
    printed, complaints = output.buffer.getvalue().decode(), errors.buffer.getvalue().decode()
    return CompletedProcess(argv, code, printed, complaints if apart else None)


def _forget(names: set[str], places: set[str]) -> None:
    """Take away modules from directories that only this command looked in; the next may have others of that name."""
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if file and any(Path(file).is_relative_to(Path(place).resolve()) for place in places):
            del sys.modules[name]
