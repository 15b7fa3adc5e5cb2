"""The number of this process, without a question to the system: an evaluation would ask several times."""

from __future__ import annotations

import os


class ThisProcess:
    """What Python knows of this process; a fork that compiled code made goes unnoticed until :meth:`asked`.

    Attributes
    ----------
    pid : int
        Its number.
    """

    pid = os.getpid()

    @classmethod
    def asked(cls) -> int:
        """Return its number as the system tells it now, and take note of it."""
        cls.pid = os.getpid()
        return cls.pid


if hasattr(os, "register_at_fork"):  # where it is missing, processes are not forked
    os.register_at_fork(after_in_child=ThisProcess.asked)
