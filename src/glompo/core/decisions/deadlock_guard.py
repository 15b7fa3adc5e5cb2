"""What goes on when all optimizers rest? Asked last, when there is nothing else to do.

If no optimizer works, nothing happens any more, and a policy that waits for something waits for ever: a freezer that
lets none go on yet, and a selector that starts none now. So the best of the optimizers that rest goes on, whatever the
policies say: a run never ends with work left and all at rest. Only the user may hold one back for as long as they like.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events import ResumeRequested
from glompo.events.enums import By
from glompo.events.verdict import Verdict


def deadlock_guard(view: RunView, policies: Policies) -> Iterator[ResumeRequested]:
    """Yield the resumption of the best whose slots are free, if all optimizers rest."""
    if not view.n_paused or view.n_paused < view.n_alive:
        return
    able = [one for one in view.alive if one.phase is Phase.PAUSED and one.held <= view.free_slots]
    best = min((one for one in able if not view.held(one.opt)), key=lambda one: (one.best, one.opt), default=None)
    if best is not None:
        verdict = Verdict(True, "deadlock guard", "all optimizers rest and no other may start")
        yield ResumeRequested(view.now, best.opt, By.FREEZER, verdict)
