"""What runs inside a worker process: load the task once, then evaluate one point after the other."""

from __future__ import annotations

import math
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO, TextIOWrapper
from typing import Any

import numpy as np

from glompo.evaluators.call import callable_of, outcome_of
from glompo.evaluators.environment import leave_vanished_directory, present_directory
from glompo.evaluators.payload import unpacked
from glompo.evaluators.pool.channel import Channel
from glompo.evaluators.pool.lifeline import end_with_parent
from glompo.evaluators.printstreams import Descriptors
from glompo.function import Outcome, Status
from glompo.safe_text import error_text


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker process must know before it loads the task."""

    parent: int  # process number of the parent
    detailed: int  # whether the task's `detailed_call` is called
    threads: int | None  # threads that numerical libraries may use
    capture: bool  # whether standard output goes to a file that is emptied before each evaluation


@dataclass(frozen=True, slots=True)
class Ready:
    """The task is loaded."""


@dataclass(frozen=True, slots=True)
class Unready:
    """The task cannot be loaded."""

    error: str  # why


def serve(line: int, lifeline: int, payload_file: int, start: int) -> None:
    """Evaluate points until the parent has no more.

    All but `start` are descriptors: of the socket to the parent, of the pipe that tells of its end, and of the file in
    which :class:`Orders` and the payload begin at `start`.
    """
    _ignore_interrupts()
    _offer_to_the_oom_killer()
    os.set_inheritable(line, False)
    channel = Channel(socket.socket(fileno=line))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # what a task prints must not wait here, to be lost with the process, and lines that several processes print
            # side by side must not be mixed: PYTHONUNBUFFERED would let each part of a line be written by itself
            stream.reconfigure(line_buffering=True, write_through=False)
    try:
        orders, call = _loaded(lifeline, payload_file, start)
    except BaseException as error:  # also a module that calls sys.exit
        channel.send(pickle.dumps(Unready(error_text(error))))
        return
    channel.send(pickle.dumps(Ready()))
    _evaluate(channel, call, orders)


def packed(outcome: Outcome) -> bytes:
    """Return the outcome as bytes; extras that cannot be pickled make it invalid."""
    try:
        return pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # whatever the extras raise
        reason = f"detailed_call returned extra values that cannot be sent: {error_text(error)}"
        invalid = replace(outcome, fx=math.nan, status=Status.INVALID, error=reason, extras=())
        return pickle.dumps(invalid, pickle.HIGHEST_PROTOCOL)


def _evaluate(channel: Channel, call: Callable[..., Any], orders: Orders) -> None:
    begun_in, descriptors = present_directory(), Descriptors()
    while (message := channel.receive()) is not None:
        place, _, point = message.partition(b"\0")
        if orders.capture:
            os.ftruncate(1, 0)
        else:
            descriptors.lead_to(os.fsdecode(place))
        x = np.frombuffer(bytearray(point), np.float64)  # an array that the task may write into
        outcome = outcome_of(call, orders.detailed, x)
        leave_vanished_directory(begun_in)
        if orders.capture:
            sys.stdout.flush()
        descriptors.flush()
        try:
            channel.send(packed(outcome))
        except OSError:  # the parent is gone
            return


def _ignore_interrupts() -> None:
    """Let an interrupt, or a batch queue's warning, reach the parent only; let SIGTERM end this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _offer_to_the_oom_killer() -> None:
    """Let the kernel choose this process, or what it starts, when it must kill one for want of memory."""
    if sys.platform == "linux":
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")


def _loaded(lifeline: int, payload_file: int, start: int) -> tuple[Orders, Callable[..., Any]]:
    """Return what this process must know and what it is to call."""
    content = BytesIO(_content(payload_file, start))
    orders: Orders = pickle.load(content)
    end_with_parent(lifeline, orders.parent)
    call = callable_of(unpacked(content.read()), orders.detailed)
    _limit_threads(orders.threads)
    return orders, call


def _content(payload_file: int, at: int) -> bytes:
    """Return what is in the file, which several processes read at once."""
    pieces = []
    while piece := os.pread(payload_file, 1 << 24, at):
        pieces.append(piece)
        at += len(piece)
    os.close(payload_file)
    return b"".join(pieces)


def _limit_threads(threads: int | None) -> None:
    """Limit what the environment does not reach, if threadpoolctl is there."""
    if threads is not None and find_spec("threadpoolctl") is not None:
        import_module("threadpoolctl").threadpool_limits(threads)
