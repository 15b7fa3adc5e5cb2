"""What an optimizer and its evaluations print, in files of the optimizer's own.

Where a thread prints is known to the thread: :func:`printing_to` says so, and evaluators hand it on to the thread or
the process in which they call the task. A process that evaluates one point at a time lets its descriptors lead there,
so nothing that it prints is missed. Elsewhere a :class:`Router` stands in for ``sys.stdout`` and ``sys.stderr``: it
sees what Python prints, and not what compiled code and programs write to the descriptors that all threads share.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from glompo.evaluators.protocol import Call, Continuing, Evaluator
from glompo.function import Outcome

PRINTSTREAM = "printstream_"
"""Beginning of the names of files, before the number of their optimizer."""

STREAMS = {"stdout": ".out", "stderr": ".err"}
"""Streams of `sys`, with the suffixes of their files; their descriptors are 1 and 2."""

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

_place: ContextVar[str] = ContextVar("glompo_prints_to", default="")


def present_place() -> str:
    """Return where the present thread prints, as the path of its files without their suffixes; empty if as usual."""
    return _place.get()


@contextmanager
def printing_to(place: str) -> Iterator[None]:
    """Let the present thread print to the files of `place` while the block runs."""
    if place == _place.get():
        yield
        return
    _leave()
    token = _place.set(place)
    try:
        yield
    finally:
        _leave()
        _place.reset(token)


def called(place: str, function: Callable[Given, Returned], *args: Given.args, **kwargs: Given.kwargs) -> Returned:
    """Return what the function returns that prints to `place`; with an empty one it is just called."""
    if not place:
        return function(*args, **kwargs)
    with routed(), printing_to(place):
        return function(*args, **kwargs)


class PrintingEvaluator:
    """Evaluates for an optimizer that prints to `place`, from whichever of its threads."""

    def __init__(self, evaluator: Evaluator, place: str) -> None:
        self._evaluator = evaluator
        self._place = place
        self.resize, self.close = evaluator.resize, evaluator.close
        if isinstance(evaluator, Continuing):
            self.begin = partial(self._begin, evaluator)

    def evaluate(self, x: NDArray[np.float64]) -> Outcome:
        """Return the outcome at `x`, shape (d,)."""
        with printing_to(self._place):
            return self._evaluator.evaluate(x)

    def submit(self, x: NDArray[np.float64]) -> Future[Outcome]:
        """Begin to compute the outcome at `x`, shape (d,)."""
        with printing_to(self._place):
            return self._evaluator.submit(x)

    def _begin(self, evaluator: Continuing, call: Call) -> None:
        with printing_to(self._place):
            evaluator.begin(call)


class Router:
    """Stands in for a stream of `sys`: what threads print that print elsewhere goes there, line by line.

    A line is written when it ends, when the thread flushes, or when it no longer prints there; so lines of evaluations
    side by side are not mixed. All else is the business of the stream in whose place this one stands.

    Parameters
    ----------
    stream : file
        That stream; None where the program has none.
    suffix : str
        Of the files.
    """

    def __init__(self, stream: Any, suffix: str) -> None:
        self.stream = stream
        self._suffix = suffix
        self._of_thread = threading.local()

    def __getattr__(self, name: str) -> Any:
        """Return what the stream has."""
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write to where the present thread prints."""
        if not _place.get():
            if self.stream is not None:
                self.stream.write(text)
            return len(text)
        lines, newline, self._of_thread.begun = (getattr(self._of_thread, "begun", "") + text).rpartition("\n")
        if newline:
            self._append(lines + newline)
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write each to where the present thread prints."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what has been begun."""
        if _place.get():
            begun, self._of_thread.begun = getattr(self._of_thread, "begun", ""), ""
            self._append(begun)
        elif self.stream is not None:
            self.stream.flush()

    def isatty(self) -> bool:
        """Return whether the present thread prints to a terminal."""
        return not _place.get() and self.stream is not None and self.stream.isatty()

    def leave(self) -> None:
        """Write what has been begun, and close the file of the present thread: it will print elsewhere."""
        if _place.get():
            self.flush()
        file = self._of_thread.__dict__.pop("file", None)
        if file is not None:
            file.close()

    def _append(self, text: str) -> None:
        """Append to the file, so that it is there when the process is killed; if that fails, to the stream."""
        if not text:
            return
        try:
            if not hasattr(self._of_thread, "file"):
                self._of_thread.file = open(_place.get() + self._suffix, "ab", buffering=0)  # noqa: SIM115  # by `leave`
            self._of_thread.file.write(text.encode("utf-8", "backslashreplace"))
        except OSError:  # a full disk must not fail the evaluation
            if self.stream is not None:
                self.stream.write(text)


class _Installed:
    """The routers of this process, and by how many they are used."""

    lock = threading.Lock()
    users = 0
    routers: tuple[Router, ...] = ()


def _leave() -> None:
    for router in _Installed.routers:
        router.leave()


@contextmanager
def routed() -> Iterator[None]:
    """Let routers stand in for the streams of this process; the last block that ends gives these back."""
    with _Installed.lock:
        _Installed.users += 1
        if _Installed.users == 1:
            _Installed.routers = tuple(Router(getattr(sys, name), suffix) for name, suffix in STREAMS.items())
            for name, router in zip(STREAMS, _Installed.routers, strict=True):
                setattr(sys, name, router)
    try:
        yield
    finally:
        with _Installed.lock:
            _Installed.users -= 1
            if not _Installed.users:
                for name, router in zip(STREAMS, _Installed.routers, strict=True):
                    if getattr(sys, name) is router:  # else the program has put something else there since
                        setattr(sys, name, router.stream)
                _Installed.routers = ()


class Descriptors:
    """The descriptors 1 and 2 of a process that evaluates one point at a time."""

    def __init__(self) -> None:
        self._place = ""
        self._own: list[int] = []

    def lead_to(self, place: str) -> None:
        """Let them lead to the files of `place`; back, if it is empty or of another machine."""
        if place == self._place:
            return
        self._own = self._own or [os.dup(1), os.dup(2)]
        self._place = place
        for number, own, suffix in zip((1, 2), self._own, STREAMS.values(), strict=True):
            os.dup2(own, number)
            if place:
                with suppress(OSError), open(place + suffix, "ab", buffering=0) as file:
                    os.dup2(file.fileno(), number)

    def flush(self) -> None:
        """Write what Python and compiled code hold back; the next evaluation may be that of another optimizer."""
        if self._place:
            with suppress(Exception):  # the task may have closed or replaced them
                sys.stdout.flush()
                sys.stderr.flush()
            ctypes.CDLL(None).fflush(None)
