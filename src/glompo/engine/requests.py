"""What is asked from outside, as the loop takes it: recorded and durable, or refused with the reason."""

from __future__ import annotations

from glompo.core.policies.ports import Policies
from glompo.core.state.requests import refusal
from glompo.core.state.run_state import RunState
from glompo.engine.dispatch import Job
from glompo.events import Asked
from glompo.storage.inbox import Request


class EmptyInbox:
    """Nobody asks for anything."""

    def due(self) -> None:
        """Return None: there is never anything to look at."""

    def arrived(self) -> tuple[()]:
        """Return nothing."""
        return ()

    def settle(self, name: str) -> None:
        """Do nothing."""

    def refuse(self, name: str, reason: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def asked_of(request: Request, at: float) -> Asked:
    """Return the event that records a request."""
    return Asked(at, request.what, request.who, request.opt, request.amount)


def objection(asked: Asked, state: RunState, policies: Policies, job: Job) -> str:
    """Return why this cannot be asked of the run; empty if it can."""
    reason = refusal(asked, state.optimizers)
    if reason:
        return reason
    if asked.what == "budget" and policies.exit.budget() is None:
        return f"the run has no budget that could be changed; it ends upon {policies.exit}"
    if asked.what == "slots":
        widest = max(job.options, key=lambda option: option.slots, default=None)
        if widest is not None and asked.amount < widest.slots:
            return f"slots is {asked.amount}, but {widest.kind} needs {widest.slots} (workers); give that or more"
    return ""
