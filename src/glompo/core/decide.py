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

from glompo.core.commands import Command
from glompo.core.judge.checkpointing import checkpointing, parting
from glompo.core.judge.escalating import escalating
from glompo.core.judge.exiting import exiting
from glompo.core.judge.granting import granting
from glompo.core.judge.obeying import obeying
from glompo.core.judge.reclaiming import reclaiming
from glompo.core.judge.restoring import restoring
from glompo.core.judge.resuming import resuming
from glompo.core.judge.seating import seating
from glompo.core.judge.sharing import sharing
from glompo.core.judge.spawning import spawning
from glompo.core.judge.stopping import stopping
from glompo.core.judge.waking import waking
from glompo.core.ports import Policies
from glompo.core.views import RunView


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
    if view.n_left:
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
