"""Who must rest because slots were taken away or are wanted for another, and who goes on because they are there again?

Nobody is ended for want of slots: the youngest rest, who have the least to lose, and what they had not used of their
credits is void. They go on before anybody new is started.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Command, Pause, Resume
from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import SLOTS, RunView
from glompo.events.verdict import Verdict


def seating(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield pauses until those who go on fit into the slots, or resumptions of whom slots have come free for.

    Whom people want to go on, out of a rest, counts among those who go on.
    """
    woken = (view[opt] for opt, asked in view.pending.items() if asked.what == "go-on")
    wanted = sum(one.slots for one in woken if one.phase is Phase.PAUSED)
    excess = view.used_slots + wanted - view.slots
    if excess > 0:
        yield from _displaced(view, excess)
    elif view.n_paused:
        free = view.free_slots
        for one in view.displaced:
            if one.slots <= free:
                free -= one.slots
                yield Resume(one.opt, SLOTS, Verdict(True, SLOTS, "there are slots for it again"))


def _displaced(view: RunView, excess: int) -> Iterator[Command]:
    living = list(view.alive)
    excess -= sum(one.slots for one in living if one.phase in (Phase.PAUSING, Phase.STOPPING))
    for one in reversed(living):
        if excess <= 0:
            return
        if one.phase is Phase.RUNNING:
            excess -= one.slots
            yield Pause(one.opt, SLOTS, Verdict(True, SLOTS, f"it does not fit into {view.slots} slots any more"))
