"""Awaiting the end of a process, and all else that must happen."""

import os
import select
import time
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds after which something that must happen has not: generous, for busy machines."""


def is_gone(pid: int) -> bool:
    """Wait for the end of any process; say whether it came."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(PATIENCE * 1000))
    finally:
        os.close(descriptor)


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
