"""Which optimizers go on where an earlier session left off? Asked before a new one is started."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.views.run_view import RunView
from glompo.events import Restored, ReturnedToRest
from glompo.events.enums import Way


def readmission(view: RunView, policies: Policies) -> Iterator[Restored | ReturnedToRest]:
    """Yield the return of each optimizer whose slots are free, in the order of their numbers.

    In lockstep they keep the credits of the block in which they were interrupted, as far as the budget allows, so
    that the blocks of all end together as they would have. One that rested rests on, and needs no slots for that.
    """
    left = list(view.left)
    if not left:
        return
    free = view.free_slots
    limit = view.unpromised(policies.exit.budget())
    for one, unused in left:
        way = Way.REPLAY if one.saved is None else Way.SAVED_STATE
        if one.rests:
            yield ReturnedToRest(view.now, one.opt, way, len(one))
            continue
        if one.held > free:
            continue
        credits = unused if policies.lockstep else 0
        if limit is not None:
            credits = max(0, min(credits, limit))
            limit -= credits
        free -= one.held
        yield Restored(view.now, one.opt, way, len(one), credits)
