"""A task of which the first value of the point says what becomes of the evaluation, and a search that visits points."""

from __future__ import annotations

import collections
import ctypes
import itertools
import os
import signal
import subprocess

import numpy as np

from glompo.function import Status
from glompo.optimizers import FunctionOptimizer

VALUE, LOOP_IN_C, DEAF_LOOP_IN_C, GRANDCHILD, KILL_SELF, SEGFAULT, HOG, RAISE, NAN = range(9)

EXPECTED = {
    VALUE: Status.OK,
    LOOP_IN_C: Status.TIMEOUT,
    DEAF_LOOP_IN_C: Status.TIMEOUT,
    GRANDCHILD: Status.TIMEOUT,
    KILL_SELF: Status.CRASHED,
    SEGFAULT: Status.CRASHED,
    HOG: Status.OUT_OF_MEMORY,
    RAISE: Status.FAILED,
    NAN: Status.INVALID,
}
"""What is to be recorded of each, where there is a deadline and a limit of memory."""

BOUNDS = [(0, len(EXPECTED)), (0, 1e6)]


def loop_in_c():
    """Loop for ever, in C, with the interpreter lock held: no handler of a signal and no other thread gets a turn."""
    collections.deque(itertools.repeat(None), maxlen=0)


def deaf_loop_in_c():
    """Loop for ever, and do not end when asked to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    loop_in_c()


def hang_with_a_grandchild():
    """Wait for a process with a session of its own, which inherits a mark to be found by."""
    subprocess.run(
        ["sleep", "1000"], start_new_session=True, env=os.environ | {"GRANDCHILD": os.environ["MARK"]}, check=True
    )


def hog():
    """Take memory bit by bit."""
    held = []
    while True:
        held.append(b"x" * 2**20)


TROUBLES = {
    LOOP_IN_C: loop_in_c,
    DEAF_LOOP_IN_C: deaf_loop_in_c,
    GRANDCHILD: hang_with_a_grandchild,
    KILL_SELF: lambda: os.kill(os.getpid(), signal.SIGKILL),
    SEGFAULT: lambda: ctypes.string_at(0),
    HOG: hog,
    RAISE: lambda: 1 / 0,
    NAN: lambda: float("nan"),
}


def task(x):
    """Return the second value, unless the first one means trouble."""
    trouble = TROUBLES.get(int(x[0]))
    return float(x[1]) if trouble is None else trouble()


class Visit:
    """Ask for points one after the other, or as one batch; each has its number as second value."""

    def __init__(self, kinds, batch=False):
        self.points = [np.array([kind, i], dtype=float) for i, kind in enumerate(kinds)]
        self.batch = batch

    def __call__(self, f, x0, bounds):
        if self.batch:
            f.map(self.points)
        else:
            for point in self.points:
                f(point)


def visiting(kinds, workers=1):
    """Return an optimizer that visits points of these kinds, in this order, `workers` at a time."""
    return FunctionOptimizer(Visit(kinds, workers > 1), workers=workers)
