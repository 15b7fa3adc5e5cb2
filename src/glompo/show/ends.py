"""How optimizers ended, as markers and entries of a legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from glompo.events.enums import By
from glompo.read import OptimizerRow

SHAPES = {
    "converged": "o",
    "exhausted": "h",
    "stopped": "X",
    "cut": "|",
    "crashed": "*",
    "lost": "D",
    "forced": "H",
    "alive": ">",
    "suspended": ">",
    "paused": "<",
}
"""Marker of each end."""

MORE_SHAPES = ("X", "P", "v", "s", "p", "d")
"""Markers of those that rules stopped, one for each rule."""

OVER = "over when the run ended"


@dataclass(frozen=True, slots=True)
class End:
    """How an optimizer ended, and why, in a few words."""

    how: str
    why: str

    @property
    def text(self) -> str:
        """Entry of the legend."""
        return f"{self.how} by {self.why}" if self.why and self.how != OVER else self.how


@lru_cache(maxsize=4096)
def end_of(row: OptimizerRow) -> End:
    """Return the end of an optimizer; one that has not ended is 'alive', 'paused' or 'suspended'."""
    if row.suspended:
        return End("suspended", "")
    if row.how is None:
        return End("paused" if row.paused_because else "alive", "")
    if row.how in ("converged", "exhausted", "crashed", "lost", "forced"):
        return End(row.how, "")
    if row.stopped_by == By.EXIT:
        return End(OVER, "")
    if row.stopped_by == By.STOPPER:
        return End("stopped", " & ".join(row.stopped_by_rules))
    names: dict[str | None, str] = {By.USER: "the user", By.SESSION: "the end of the session"}
    return End("stopped", names.get(row.stopped_by, ""))


def shapes_for(rows: Sequence[OptimizerRow]) -> dict[End, tuple[str, int]]:
    """Return the marker of each end that occurs, and how often it does; the most frequent first."""
    counts = Counter(map(end_of, rows))
    rules = [end for end, _ in counts.most_common() if end.how == "stopped"]
    found = {}
    for end, count in counts.most_common():
        if end in rules:
            shape = MORE_SHAPES[rules.index(end) % len(MORE_SHAPES)]
        else:
            shape = SHAPES["cut"] if end.how == OVER else SHAPES[end.how]
        found[end] = (shape, count)
    return found
