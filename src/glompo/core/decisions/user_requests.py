"""What do people want of single optimizers? Asked before the policies, for people know better."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Command, Pause, Resume, Stop
from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict

DEAF = (Phase.LEFT, Phase.STOPPING, Phase.ENDED)
"""Phases in which an optimizer cannot be asked to stop."""


def obeying(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield what was asked for and can be done now: who starts cannot rest yet, who rests needs free slots to go on."""
    free = view.free_slots
    for opt, asked in view.pending.items():
        one = view[opt]
        if asked.what == "stop" and one.phase not in DEAF:
            yield Stop(opt, "user", Verdict(True, "user", f"{asked.who} asked to stop it"))
        elif asked.what == "pause" and one.phase is Phase.RUNNING:
            yield Pause(opt, "user", Verdict(True, "user", f"{asked.who} asked to let it rest"))
        elif asked.what == "go-on" and one.phase is Phase.PAUSED and one.slots <= free:
            free -= one.slots
            yield Resume(opt, "user", Verdict(True, "user", f"{asked.who} asked to let it go on"))
