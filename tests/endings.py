"""Awaiting the end of a process without sleeping."""

import os
import select

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
