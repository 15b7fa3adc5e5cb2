"""What should happen now? The judgments are asked in a fixed order, and their commands are concatenated.

Exiting comes first: when the run is ending nobody else is asked, for nothing may start that must end. With it goes
escalating, for whoever was asked to stop and goes on. Then obeying, what people want of single optimizers; then
seating, if slots were taken away or given back. Then stopping and putting to rest; then saving states and making
checkpoints, which want nothing from the condemned; then resuming those who have rested; then sharing, which skips the
condemned; then spawning, which uses only slots that are truly free; then granting, for only now is it known who may
still evaluate. Waking comes last, when nobody has anything to say and everybody rests.

Deciding is pure. It sees a view and policies, never a clock, a file, a thread or a global random state; asked
twice it gives the same answer. The engine records the commands as events, which changes the state, and asks again
until there is nothing more to say: so each start is decided knowing the previous one.
"""

from __future__ import annotations

from glompo.core.decisions.checkpoints import checkpointing, parting
from glompo.core.decisions.commands import Command
from glompo.core.decisions.credits import granting
from glompo.core.decisions.deadlock_guard import waking
from glompo.core.decisions.incumbent import sharing
from glompo.core.decisions.kill_escalation import escalating
from glompo.core.decisions.reclaim import reclaiming
from glompo.core.decisions.restore import restoring
from glompo.core.decisions.slot_limits import seating
from glompo.core.decisions.starts import spawning
from glompo.core.decisions.stops import stopping
from glompo.core.decisions.termination import exiting
from glompo.core.decisions.thaw import resuming
from glompo.core.decisions.user_requests import obeying
from glompo.core.policies.ports import Policies
from glompo.core.views.run_view import RunView


def decide(view: RunView, policies: Policies) -> tuple[Command, ...]:
    """Return what should happen at the run time `view.now`.

    Raises
    ------
    PolicyError
        If a policy breaks its contract.
    """
    if not view.n_alive and (view.ending or view.leaving) and not view.finished:
        last = tuple(parting(view, policies))
        if last or view.checkpoints.taken:  # a file that is being written is awaited
            return last
    commands = (*exiting(view, policies), *escalating(view, policies))
    if commands or view.ending or view.leaving or view.finished:
        return commands
    ordered = tuple(obeying(view, policies)) or tuple(seating(view, policies))
    if ordered:
        return ordered
    if view.n_suspended:
        restored = tuple(restoring(view, policies))
        if restored:
            return restored
    stops = tuple(stopping(view, policies))
    if stops:
        return stops
    saves = tuple(checkpointing(view, policies))
    if saves:
        return saves
    back = tuple(resuming(view, policies))
    if back:
        return back
    forth = (
        *reclaiming(view, policies),
        *sharing(view, policies),
        *spawning(view, policies),
        *granting(view, policies),
    )
    return forth or tuple(waking(view))
