"""What does the user want of single optimizers, and which point is to be evaluated?

Asked before the policies, for the user knows better.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import RunView
from glompo.core.views.wanted_slots import wanted_for_points
from glompo.events import Asked, PauseRequested, ResumeRequested, StartRequested, StopRequested
from glompo.events.enums import By, Reason, RequestKind
from glompo.events.verdict import Verdict
from glompo.safe_text import writable

POINT, POINT_LABEL = "InjectedPoint", "injected point"
"""Class of what evaluates a point, and what displays call it."""

Wish: TypeAlias = StopRequested | PauseRequested | ResumeRequested | StartRequested

UNSTOPPABLE = (Phase.LEFT, Phase.STOPPING, Phase.ENDED)
"""Phases in which an optimizer cannot be asked to stop."""


def user_requests(view: RunView, policies: Policies) -> Iterator[Wish]:
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
    yield from _evaluation(view, policies, free)


def _evaluation(view: RunView, policies: Policies, free: int) -> Iterator[StartRequested]:
    """Yield the beginning of the evaluation of the next point that was injected."""
    waiting = view.injections.asked
    if not waiting:
        return
    needed = wanted_for_points(view)
    limit = view.unpromised(policies.exit.budget())
    if needed > free or (limit is not None and limit <= 0):
        return
    asked, opt = waiting[0], view.n_started + 1
    why = writable(f"{asked.who} asked to evaluate this point")
    x0, who = np.array(asked.x), writable(asked.who)
    yield StartRequested(view.now, opt, POINT, {}, x0, 1, why, not needed, label=POINT_LABEL, injected_by=who)


def _asked(asked: Asked, what: str) -> Verdict:
    return Verdict(True, Reason.USER, f"{asked.who} asked to {what}").written()
