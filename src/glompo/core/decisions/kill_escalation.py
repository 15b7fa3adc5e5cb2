"""Who does not obey? Asked, then cut inside the task, then terminated, then killed: one rung at a time, by the clock.

Asking and cutting are in the stop request itself; this judgment begins where they had no effect, and only where the
backend can end a worker.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Command, Escalate, Stop
from glompo.core.policies.ports import Escalation, Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict


def escalating(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield the next rung for everybody whose time is up."""
    rules = policies.escalation
    if rules is None:
        return
    for one in view.alive:
        due = _due(one, rules)
        if due is not None and due <= view.now:
            yield _step(one, rules)


def next_escalation(view: RunView, policies: Policies) -> float | None:
    """Return the run time in seconds at which somebody's time is up; None if nobody's ever is."""
    rules = policies.escalation
    if rules is None:
        return None
    return min((due for one in view.alive if (due := _due(one, rules)) is not None), default=None)


def _due(one: OptimizerView, rules: Escalation) -> float | None:
    if one.rung == "kill":
        return None
    if one.rung == "terminate":
        return one.rung_at + rules.grace
    if one.stop_at is not None:
        at_once = one.stop_by == "silence" or (rules.aggressive and one.stop_by == "stopper")
        return one.stop_at if at_once else one.stop_at + rules.end_timeout
    busy = one.phase in (Phase.RUNNING, Phase.PAUSING) and (one.outstanding or one.silent)
    if rules.silence is None or not busy:
        return None
    return one.heard_at + rules.silence


def _step(one: OptimizerView, rules: Escalation) -> Command:
    if one.stop_at is None:
        verdict = Verdict(True, "silence", f"no sign of life for {rules.silence:g} s")
        return Stop(one.opt, "silence", verdict)
    if one.rung:
        return Escalate(one.opt, "kill", f"it lives {rules.grace:g} s after SIGTERM")
    return Escalate(one.opt, "terminate", "it was asked to stop and goes on")
