"""What was decided in a run, and the numbers that the rules saw."""

from __future__ import annotations

from collections import deque
from itertools import islice

from glompo.events import Event
from glompo.read.decisions import Decision, decision_of

KEPT = 20_000
"""Entries that are kept at most: the newest."""


class Decisions:
    """The decisions and the log of a run, as far as the events tell.

    Attributes
    ----------
    count : int
        Entries so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._entries: deque[Decision] = deque(maxlen=KEPT)

    def take(self, event: Event) -> None:
        """Add what an event tells."""
        self.taken(event)

    def taken(self, event: Event) -> Decision | None:
        """Add what an event tells and return it; None if nothing was decided."""
        entry = decision_of(event)
        if entry is not None:
            self._entries.append(entry)
            self.count += 1
        return entry

    def newest(self, most: int, searched: str = "") -> list[Decision]:
        """Return so many entries at most, the newest first, in which `searched` occurs, in whatever case."""
        wanted = searched.casefold().split()
        return list(islice((one for one in reversed(self._entries) if _holds(one, wanted)), most))


def _holds(one: Decision, wanted: list[str]) -> bool:
    if not wanted:
        return True
    text = " ".join((f"optimizer {one.opt}", one.what, one.by, one.why, *one.lines())).casefold()
    return all(word in text for word in wanted)
