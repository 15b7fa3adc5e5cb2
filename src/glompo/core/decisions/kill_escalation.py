"""Which optimizer does not stop? It is asked, cut inside the task, terminated, killed: step by step, by the clock.

Asking and cutting are in the stop request itself; this judgment begins where they had no effect, and only where the
backend can end a worker.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Escalation, Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events import Escalated, StopRequested
from glompo.events.enums import By, Force
from glompo.events.verdict import Verdict


def kill_escalation(view: RunView, policies: Policies) -> Iterator[StopRequested | Escalated]:
    """Yield the next step for each optimizer whose time is up."""
    rules = policies.escalation
    if rules is None or not _has_terms(view, rules):
        return
    for one in view.alive:
        due = _due(one, rules)
        if due is not None and due <= view.now:
            yield _step(one, rules, view.now)


def next_escalation(view: RunView, policies: Policies) -> float | None:
    """Return the run time in seconds at which the time of an optimizer is up; None if there is none."""
    rules = policies.escalation
    if rules is None or not _has_terms(view, rules):
        return None
    return min((due for one in view.alive if (due := _due(one, rules)) is not None), default=None)


def _has_terms(view: RunView, rules: Escalation) -> bool:
    """Return whether the clock decides about any optimizer: one that is to stop, or one that is silent."""
    return view.n_stopping > 0 or rules.silence is not None


def _due(one: OptimizerView, rules: Escalation) -> float | None:
    if one.rung == Force.KILL:
        return None
    if one.rung == Force.TERMINATE:
        return one.rung_at + rules.grace
    if one.stop_at is not None:
        at_once = one.stop_by == By.SILENCE or (rules.aggressive and one.stop_by == By.STOPPER)
        return one.stop_at if at_once else one.stop_at + rules.end_timeout
    busy = one.phase in (Phase.RUNNING, Phase.PAUSING) and (one.outstanding or one.silent)
    if rules.silence is None or not busy:
        return None
    return one.heard_at + rules.silence


def _step(one: OptimizerView, rules: Escalation, now: float) -> StopRequested | Escalated:
    if one.stop_at is None:
        verdict = Verdict(True, By.SILENCE, f"no sign of life for {rules.silence:g} s")
        return StopRequested(now, one.opt, By.SILENCE, verdict)
    if one.rung:
        return Escalated(now, one.opt, Force.KILL, f"it lives {rules.grace:g} s after SIGTERM")
    return Escalated(now, one.opt, Force.TERMINATE, "it was asked to stop and goes on")
