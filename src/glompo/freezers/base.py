"""What every freezer is built on."""

from __future__ import annotations

from abc import ABC, abstractmethod

from glompo.core.policies.ports import Written
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.loggers import PolicyLogger


class BaseFreezer(Written, ABC):
    """Should this optimizer rest, and which one should go on?

    An optimizer that rests keeps its state and gives its slots back for others. It rests on when the run is interrupted
    and resumed. Both questions see the run read-only and must have the same answer when they are asked twice: what a
    freezer remembers may only save it from computing the answer again.
    """

    logger = PolicyLogger("glompo.freezer")

    @abstractmethod
    def freeze(self, view: RunView, opt: int) -> Verdict:
        """Answer whether the running optimizer `opt` should rest, with the numbers behind the answer."""

    @abstractmethod
    def thaw(self, view: RunView) -> tuple[int, Verdict] | None:
        """Return a resting optimizer that should go on now, and why; None if none should.

        It goes on as soon as its slots are free. A run in which none works and none starts wakes its best
        optimizer whatever the answer.
        """

    def verdict(self, fired: object, why: str) -> Verdict:
        """Return an answer of this freezer."""
        rule, short = str(self), self.short()
        return Verdict(bool(fired), rule, why, short="" if short == rule else short)
