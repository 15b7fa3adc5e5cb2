"""Who goes on when everybody rests? Asked last, when there is nothing else to do.

If nobody works, nothing happens any more, and whoever waits for something waits for ever: a freezer that wakes nobody
yet, and a selector that starts nobody now. So the best of those who rest goes on, whatever they say: a run never ends
with work left and everybody asleep. Only people may hold somebody back for as long as they like.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Command, Resume
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import FREEZER, RunView
from glompo.events.verdict import Verdict


def waking(view: RunView) -> Iterator[Command]:
    """Yield the resumption of the best whose slots are free, if all who live rest."""
    if not view.n_paused or view.n_paused < view.n_alive:
        return
    able = [one for one in view.alive if one.phase is Phase.PAUSED and one.slots <= view.free_slots]
    best = min((one for one in able if not view.held(one.opt)), key=lambda one: (one.best, one.opt), default=None)
    if best is not None:
        yield Resume(best.opt, FREEZER, Verdict(True, "nobody else", "everybody rests and nobody new may start"))
