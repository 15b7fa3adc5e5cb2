"""Wait for something that may never end, and say so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, act: Callable[[], T]) -> T:
    """Return what `act` returns, or raise what it raises.

    It runs in a daemon thread: one that never ends is left behind, for a thread cannot be killed.

    Parameters
    ----------
    seconds : float
        How long it may take.
    act : callable
        Takes nothing.

    Raises
    ------
    AssertionError
        If it has not ended by then.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(act())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="glompo-contract", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise AssertionError(
            f"it did not end within {seconds:g} s; a loop that catches BaseException, or a bare 'except:', cannot be "
            "stopped: catch Exception instead"
        )
    return answers[0]
