"""What does the user want of single optimizers? Asked before the policies, for the user knows better."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.events import Asked, PauseRequested, ResumeRequested, StopRequested
from glompo.events.enums import By, Reason, RequestKind
from glompo.events.verdict import Verdict

UNSTOPPABLE = (Phase.LEFT, Phase.STOPPING, Phase.ENDED)
"""Phases in which an optimizer cannot be asked to stop."""


def user_requests(view: RunView, policies: Policies) -> Iterator[StopRequested | PauseRequested | ResumeRequested]:
    """Yield what was asked for and can be done now: one that starts cannot rest yet; one that rests needs slots."""
    free = view.free_slots
    for opt, asked in view.pending.items():
        one = view[opt]
        if asked.what == RequestKind.STOP and one.phase not in UNSTOPPABLE:
            yield StopRequested(view.now, opt, By.USER, _asked(asked, "stop it"))
        elif asked.what == RequestKind.PAUSE and one.phase is Phase.RUNNING:
            yield PauseRequested(view.now, opt, By.USER, _asked(asked, "let it rest"))
        elif asked.what == RequestKind.GO_ON and one.phase is Phase.PAUSED and one.held <= free:
            free -= one.held
            yield ResumeRequested(view.now, opt, By.USER, _asked(asked, "let it go on"))


def _asked(asked: Asked, what: str) -> Verdict:
    return Verdict(True, Reason.USER, f"{asked.who} asked to {what}").written()
