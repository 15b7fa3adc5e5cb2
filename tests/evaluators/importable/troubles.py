"""Tasks that misbehave; the first value of the point says how. Imported by worker processes as ``troubles``."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

VALUE, NAN, RAISE, SYS_EXIT, MEMORY_ERROR = range(5)
HANG_IN_C, HANG_WITH_GRANDCHILD, STUBBORN, STUBBORN_GRANDCHILD, GRANDCHILD_IN_OWN_SESSION = range(10, 15)
KILL_SELF, EXIT, SEGFAULT, ABORT, CLOSE_LINE = range(20, 25)
HOG, HOG_IN_GRANDCHILD, LEAK = range(30, 33)
INTERRUPT, PID, CRASH_WITH_GRANDCHILD, PRINT_AND_RAISE, THREADS, WAIT = range(40, 46)

FOREVER = 1000.0
_leaked = []


def note(pid):
    """Leave a process number for the test to find."""
    folder = Path(os.environ["NOTES"])
    (folder / f".{pid}").touch()
    (folder / f".{pid}").rename(folder / str(pid))


def hold_the_interpreter_lock():
    """Loop in C: the engine of regular expressions neither releases the lock nor looks at signals in time."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def start(code, *arguments, **options):
    """Start another interpreter that tells when it is ready."""
    code = f"import signal, time, os\n{code}\nprint(flush=True)\ntime.sleep({FOREVER})"
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, **options)
    process.stdout.readline()
    note(process.pid)
    return process


def fill(stop=None):
    """Take memory bit by bit."""
    held = []
    while stop is None or len(held) < stop:
        held.append(b"x" * 2**20)
    return held


def hang_with_grandchild(code="", **options):
    start(code, **options)
    time.sleep(FOREVER)


def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(FOREVER)


def hog_in_grandchild():
    code = "held = []\nwhile True: held.append(b'x' * 2**20)"
    subprocess.run([sys.executable, "-c", code], check=False)


def leak():
    _leaked.append(fill(stop=225))
    return os.getpid()


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGUSR1)
    return 7.0


def crash_with_grandchild():
    start("os.setpgid(0, 0)")
    os._exit(3)


def print_and_raise():
    print("step 1 done")
    os.system("echo step 2 done")
    raise ValueError("step 3 failed")


def wait():
    """Wait until the test lets go."""
    note(os.getpid())
    with open(os.environ["GATE"], "rb") as gate:
        gate.read()
    return 5.0


TROUBLES = {
    NAN: lambda: float("nan"),
    RAISE: lambda: 1 / 0,
    SYS_EXIT: lambda: sys.exit(4),
    MEMORY_ERROR: lambda: np.ones(10**14),
    HANG_IN_C: hold_the_interpreter_lock,
    HANG_WITH_GRANDCHILD: hang_with_grandchild,
    STUBBORN: stubborn,
    STUBBORN_GRANDCHILD: lambda: hang_with_grandchild("signal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    GRANDCHILD_IN_OWN_SESSION: lambda: hang_with_grandchild(start_new_session=True),
    KILL_SELF: lambda: os.kill(os.getpid(), signal.SIGKILL),
    EXIT: lambda: os._exit(3),
    SEGFAULT: lambda: ctypes.string_at(0),
    ABORT: os.abort,
    CLOSE_LINE: lambda: (os.closerange(3, 100), time.sleep(FOREVER)),
    HOG: fill,
    HOG_IN_GRANDCHILD: hog_in_grandchild,
    LEAK: leak,
    INTERRUPT: interrupt,
    PID: os.getpid,
    CRASH_WITH_GRANDCHILD: crash_with_grandchild,
    PRINT_AND_RAISE: print_and_raise,
    THREADS: lambda: float(os.environ["OMP_NUM_THREADS"]),
    WAIT: wait,
}


def task(x):
    """Return the sum of squares of all but the first value, unless that one means trouble."""
    trouble = TROUBLES.get(int(x[0]))
    return float(np.sum(x[1:] ** 2)) if trouble is None else trouble()


class Detailed:
    """A task with extra values."""

    def __call__(self, x):
        return float(x.sum())

    def detailed_call(self, x):
        """Return the sum and things that can, or cannot, be sent."""
        extras = {0: ("text", x * 2, 3), 1: (lambda: 0,), 2: (np.arange(10**6),)}
        return float(x.sum()), *extras[int(x[0])]


DETAILED = Detailed()
