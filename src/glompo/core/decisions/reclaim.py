"""Which credits are not used? An optimizer that has been silent is asked for those that it has not used.

Only the worker knows which these are, so it is asked, and nothing is free before it has answered: a budget stays exact.
One that cannot answer, because compiled code holds its interpreter, keeps them until it ends. In lockstep none is
asked: there the clock decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from glompo.core.policies.ports import Policies
from glompo.core.views.run_view import RunView
from glompo.events import ReclaimRequested

SILENCE = 5.0
"""Seconds without a word after which an optimizer is asked for its credits, if the budget has none left for others."""


def reclaim(view: RunView, policies: Policies) -> Iterator[ReclaimRequested]:
    """Yield a request to all that have been silent for too long while no credits are left."""
    due = next_reclaim(view, policies)
    if due is None or due > view.now:
        return
    silent = takewhile(lambda one: one.heard_at + SILENCE <= view.now, view.holders)
    for opt in sorted(one.opt for one in silent):
        yield ReclaimRequested(view.now, opt)


def next_reclaim(view: RunView, policies: Policies) -> float | None:
    """Return the run time in seconds at which the next one will have been silent for too long; None if none will."""
    left = view.unpromised(policies.exit.budget())
    if left is None or left > 0 or policies.lockstep:
        return None
    first = next(view.holders, None)  # the one that has been silent for longest
    return None if first is None else first.heard_at + SILENCE
