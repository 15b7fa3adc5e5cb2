"""Who has rested long enough? Asked before anybody new is started, for it takes slots as well."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.commands import Command, Resume
from glompo.core.lifecycle import Phase
from glompo.core.manager_view import ManagerView
from glompo.core.ports import Policies
from glompo.core.verdict import Verdict
from glompo.core.views import RunView


def resuming(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield at most one resumption, if its slots are free.

    When nobody works any more and nobody may start, the best of those who rest goes on whatever the freezer says:
    a run never ends with work left and everybody asleep. But people may hold anybody back for as long as they like.
    """
    if not view.n_paused:
        return
    chosen = policies.freezer.thaw(view) if policies.freezer is not None else None
    if chosen is not None and view.held(chosen[0]):
        return
    if chosen is None and view.n_paused == view.n_alive:
        if policies.selector.choose(ManagerView(view), view.free_slots) is not False:
            return
        resting = [one for one in view.alive if one.phase is Phase.PAUSED and not view.held(one.opt)]
        if not resting:
            return
        best = min(resting, key=lambda one: (one.best, one.opt))
        chosen = best.opt, Verdict(True, "nobody else", "everybody rests and nobody new may start")
    if chosen is not None and view[chosen[0]].slots <= view.free_slots:
        yield Resume(chosen[0], "freezer", chosen[1])
