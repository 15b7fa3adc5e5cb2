"""The loggers of the library: what is written through them can be shown, also where parts of it are foreign."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from glompo.safe_text import PAGE, legible, legible_lines


def library_logger(name: str) -> logging.Logger:
    """Return the logger of that name, whose records have control characters escaped, also in tracebacks."""
    logger = logging.getLogger(name)
    logger.addFilter(_escape)
    return logger


class PolicyLogger:
    """The documented attribute `logger` of a policy, which needs no constructor and may be replaced.

    Parameters
    ----------
    name : str
        Name of the logger.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, policy: object, owner: type | None = None) -> logging.Logger:
        """Return the logger."""
        return logging.getLogger(self._name)


def _escape(record: logging.LogRecord) -> bool:
    """Make a record legible; texts in it stay on one line each."""
    if isinstance(record.args, Mapping):
        record.args = {name: _plain(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(map(_plain, record.args))
    record.msg, record.args = legible_lines(record.getMessage()), ()
    if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
        record.exc_text = legible_lines(logging.Formatter().formatException(record.exc_info))
    return True


def _plain(value: Any) -> Any:
    return legible(value, PAGE) if isinstance(value, (str, BaseException)) else value
