"""Which optimizers are offered the incumbent? All whose own best is worse, and that are not to stop.

Where the incumbent is not shared, the best of the points that users injected takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events import IncumbentSent


def incumbent(view: RunView, policies: Policies) -> Iterator[IncumbentSent]:
    """Yield one offer for each optimizer that has taken the last one and would gain by a new one."""
    best = view.incumbent(policies.share)
    if best is None:
        return
    for one in view.changed:
        listens = one.phase is Phase.RUNNING and one.opt != best.opt and not one.offer_in_flight
        if listens and best.f < one.offered and best.f < one.best:
            yield IncumbentSent(view.now, one.opt, best.x, best.f, best.opt)
