"""Who has rested long enough? Asked before anybody new is started, for it takes slots as well."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Command, Resume
from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import FREEZER, RunView
from glompo.events.verdict import Verdict


def resuming(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield at most one resumption, if its slots are free.

    People may hold anybody back for as long as they like. A run that goes on without the freezer that it had lets all
    go on whom that one had put to rest.
    """
    if not view.n_paused:
        return
    chosen = policies.freezer.thaw(view) if policies.freezer is not None else _forgotten(view)
    if chosen is not None and not view.held(chosen[0]) and view[chosen[0]].slots <= view.free_slots:
        yield Resume(chosen[0], FREEZER, chosen[1])


def _forgotten(view: RunView) -> tuple[int, Verdict] | None:
    for one in view.alive:
        asleep = one.phase is Phase.PAUSED and one.pause_by == FREEZER and not view.held(one.opt)
        if asleep and one.slots <= view.free_slots:
            return one.opt, Verdict(True, "no freezer", "the run has no freezer any more")
    return None
