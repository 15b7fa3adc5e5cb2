"""Is the run over? Asked first, so that nothing starts that must end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.run_view import RunView
from glompo.events import EndRequested, RunFinished, StopRequested
from glompo.events.enums import By, Reason
from glompo.events.verdict import Verdict

DEAD_IN_A_ROW = 5
"""Optimizers that may, one after the other, crash, be lost or end without a call of the task, and the run goes on."""

VAIN_IN_A_ROW = 100
"""The same, with those that called the task and got no finite value: in a box full of failures many starts are bad."""


def termination(view: RunView, policies: Policies) -> Iterator[EndRequested | StopRequested | RunFinished]:
    """Yield what it takes to end the run, or this session, if it must end."""
    verdict = view.ending
    if verdict is None:
        verdict = reason_to_end(view, policies)
        if verdict is not None:
            yield EndRequested(view.now, verdict.written())
        elif view.leaving:
            yield from _stop_all(view, By.SESSION, Verdict(True, Reason.SESSION, "the session was asked to end"))
    else:
        yield from _stop_all(view, By.EXIT, verdict)
        if not view.n_alive and view.finished is None:
            yield RunFinished(view.now, verdict)


def _stop_all(view: RunView, by: By, verdict: Verdict) -> Iterator[StopRequested]:
    if view.n_stopping == view.n_alive:
        return
    for one in view.alive:
        if not one.stop_requested:
            yield StopRequested(view.now, one.opt, by, verdict)


def reason_to_end(view: RunView, policies: Policies) -> Verdict | None:
    """Return why the run must end now; None if it goes on."""
    if view.end_asked_by:
        return Verdict(True, Reason.USER, f"{view.end_asked_by} asked to end the run")
    fatal = _refused(view) or _failing_task(view, policies) or _failing_optimizers(view)
    if fatal is not None:
        return fatal
    verdict = policies.exit.ask(view)
    if verdict.fired:
        return verdict
    return _nothing_left(view, policies)


def _refused(view: RunView) -> Verdict | None:
    return Verdict(True, Reason.REFUSED_TASK, view.refused) if view.refused else None


def _failing_task(view: RunView, policies: Policies) -> Verdict | None:
    too_early = view.failures == 0 or view.calls < policies.failure_grace
    if too_early or view.failures < policies.max_failure_rate * view.calls:
        return None
    told = "; ".join(_told(view, cause, count) for cause, count in view.causes.most_common(5))
    return Verdict(True, Reason.FAILING_TASK, f"{view.failures} of {view.calls} evaluations failed: {told}")


def _told(view: RunView, cause: str, count: int) -> str:
    """Return why evaluations failed: their reason if it is the same for all, else what they have in common."""
    example = view.examples[cause]
    alike = view.reasons[example] == count
    return f"{example} ({count} times)" if alike else f"{cause} ({count} times), for example {example}"


def _failing_optimizers(view: RunView) -> Verdict | None:
    vain = view.in_vain
    if len(vain) <= DEAD_IN_A_ROW:
        return None
    dead = sum(died for _, died in vain)
    if dead <= DEAD_IN_A_ROW and len(vain) <= VAIN_IN_A_ROW:
        return None
    many = dead > DEAD_IN_A_ROW
    reasons = Counter(reason for reason, died in vain if died or not many)
    told = "; ".join(f"{reason} ({count} times)" for reason, count in reasons.most_common(5))
    what = f"{dead} optimizers died or evaluated nothing" if many else f"{len(vain)} optimizers found no finite value"
    return Verdict(True, Reason.FAILING_OPTIMIZERS, f"{what}, and none between them did better: {told}")


def _nothing_left(view: RunView, policies: Policies) -> Verdict | None:
    """End a run in which no optimizer lives and the selector starts none.

    Whether it says "never again" or "not now" makes no difference: if none works, nothing changes any more. But those
    that stopped because the session is left are to go on in the next one.
    """
    if view.n_alive or next(view.left, None) or view.leaving:
        return None
    choice = policies.selector.choose(ManagerView(view), view.free_slots)
    if choice is False:
        return Verdict(True, Reason.NOTHING_LEFT, "no optimizer lives and the selector starts no more")
    if choice is None:
        why = f"no optimizer lives and the selector starts none, although all {view.free_slots} slots are free"
        return Verdict(True, Reason.NOTHING_LEFT, why)
    return None
