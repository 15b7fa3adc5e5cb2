"""Which optimizer has rested long enough? Asked before a new one is started, for it takes slots as well."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events import ResumeRequested
from glompo.events.enums import By
from glompo.events.verdict import Verdict


def thaw(view: RunView, policies: Policies) -> Iterator[ResumeRequested]:
    """Yield at most one resumption, if its slots are free.

    The user may hold any optimizer back for as long as they like. A run that goes on without the freezer that it had
    lets all go on that this one had put to rest.
    """
    if not view.n_paused:
        return
    chosen = policies.freezer.thaw(view) if policies.freezer is not None else _forgotten(view)
    if chosen is not None and not view.held(chosen[0]) and view[chosen[0]].held <= view.free_slots:
        yield ResumeRequested(view.now, chosen[0], By.FREEZER, chosen[1].written())


def _forgotten(view: RunView) -> tuple[int, Verdict] | None:
    for one in view.alive:
        frozen = one.phase is Phase.PAUSED and one.pause_by == By.FREEZER and not view.held(one.opt)
        if frozen and one.held <= view.free_slots:
            return one.opt, Verdict(True, "no freezer", "the run has no freezer any more")
    return None
