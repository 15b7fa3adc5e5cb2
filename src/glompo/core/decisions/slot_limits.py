"""Which optimizers must rest because slots were taken away or are wanted for another, and which fit in again?

None is ended for want of slots: the youngest rest, which have the least to lose, and what they had not used of their
credits is void. They go on before a new one is started.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.core.views.wanted_slots import displaced, wanted_for_points
from glompo.events import PauseRequested, ResumeRequested
from glompo.events.enums import By, RequestKind
from glompo.events.verdict import Verdict


def slot_limits(view: RunView, policies: Policies) -> Iterator[PauseRequested | ResumeRequested]:
    """Yield pauses until the optimizers that go on fit into the slots, or resumptions of those that fit in again.

    One that rests, and that the user wants to go on, counts among those that go on, and so does a point that is to be
    evaluated.
    """
    wanted_back = (view[opt] for opt, asked in view.pending.items() if asked.what == RequestKind.GO_ON)
    wanted = sum(one.held for one in wanted_back if one.phase is Phase.PAUSED)
    excess = view.used_slots + wanted + wanted_for_points(view) - view.slots
    if excess > 0:
        yield from _displace(view, excess)
    elif view.n_paused:
        free = view.free_slots
        for one in displaced(view):
            if one.held <= free:
                free -= one.held
                verdict = Verdict(True, By.SLOTS, "there are slots for it again")
                yield ResumeRequested(view.now, one.opt, By.SLOTS, verdict)


def _displace(view: RunView, excess: int) -> Iterator[PauseRequested]:
    living = list(view.alive)
    excess -= sum(one.held for one in living if one.phase in (Phase.PAUSING, Phase.STOPPING))
    for one in reversed(living):
        if excess <= 0:
            return
        if one.phase is Phase.RUNNING:
            excess -= one.held
            verdict = Verdict(True, By.SLOTS, f"it does not fit into {view.slots} slots any more")
            yield PauseRequested(view.now, one.opt, By.SLOTS, verdict)
