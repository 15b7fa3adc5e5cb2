"""What is said in place of an outcome when there is no evaluation that could have one."""

from __future__ import annotations

from glompo.safe_text import error_text


class NotEvaluated(Exception):
    """The engine did not take an evaluation, or lost it through no fault of the evaluation.

    Raised by `evaluate`, and by the futures of `submit`. Nothing is recorded or counted for it; its session ends, and
    the next one makes it.

    Parameters
    ----------
    reason : str
        What is wrong with the engine, in one line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def engine_text(error: BaseException) -> str:
    """Return what an engine says, in one line."""
    return " ".join(error_text(error).split())
