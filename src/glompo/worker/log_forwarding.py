"""Log records of a worker process reach the logging of the process of its run."""

from __future__ import annotations

import logging
from collections.abc import Callable

from glompo.events import Event
from glompo.wire.messages import AT, OPT, Said


class Forwarder(logging.Handler):
    """Sends what is logged below ``glompo`` to the engine, which logs it there under the same name.

    Parameters
    ----------
    post : callable
        Takes the message.
    """

    def __init__(self, post: Callable[[Event], None]) -> None:
        super().__init__()
        self._post = post

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, with its traceback if it has one."""
        try:
            self._post(Said(AT, OPT, record.name, record.levelno, self.format(record)))
        except Exception:
            self.handleError(record)


def forward(post: Callable[[Event], None], level: int) -> None:
    """Send records of `level` or more that this process logs below ``glompo``."""
    logger = logging.getLogger("glompo")
    logger.addHandler(Forwarder(post))
    logger.setLevel(level)
    logger.propagate = False  # they are handled in the other process
