"""Who goes on where an earlier session left off? Asked before anybody new is started."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Command, Restore
from glompo.core.policies.ports import Policies
from glompo.core.views.run_view import RunView


def restoring(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield a restoration for everybody whose slots are free, in the order of their numbers.

    In lockstep they keep the credits of the block in which they were interrupted, as far as the budget allows, so
    that the blocks of all end together as they would have. Whoever rested rests on, and needs no slots for that.
    """
    free = view.free_slots
    limit = view.unpromised(policies.exit.budget())
    for one, unused in view.left:
        way = "replay" if one.saved is None else "saved state"
        if one.rests:
            yield Restore(one.opt, way, len(one), 0, rests=True)
            continue
        if one.slots > free:
            continue
        credits = unused if policies.lockstep else 0
        if limit is not None:
            credits = max(0, min(credits, limit))
            limit -= credits
        free -= one.slots
        yield Restore(one.opt, way, len(one), credits)
