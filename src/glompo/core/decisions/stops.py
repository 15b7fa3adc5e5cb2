"""Which optimizers will not win, and which should rest? Asked about each after enough new evaluations."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.curve import due
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.events import Judged, PauseRequested, StopRequested
from glompo.events.enums import By


def stops(view: RunView, policies: Policies) -> Iterator[StopRequested | PauseRequested | Judged]:
    """Yield a stop or a pause for each that the policies name, and one record of all others that were looked at.

    The owner of the incumbent is never stopped, unless `stop_best` says so; it counts as looked at, so that it is
    not asked about at once when it loses the lead between two of its own evaluations. It may be put to rest.
    """
    if policies.stopper is None and policies.freezer is None:
        return
    owner = view.best.opt if view.best else None
    checked: list[int] = []
    for one in view.changed:
        if not is_due(one, policies.stopper_interval):
            continue
        if policies.stopper is not None and (one.opt != owner or policies.stop_best):
            verdict = policies.stopper.ask(view, one.opt)
            if verdict.fired:
                yield StopRequested(view.now, one.opt, By.STOPPER, verdict.written())
                continue
        if policies.freezer is not None and (verdict := policies.freezer.freeze(view, one.opt)).fired:
            yield PauseRequested(view.now, one.opt, By.FREEZER, verdict.written())
            continue
        checked.append(one.opt)
    if checked:
        yield Judged(view.now, tuple(checked), tuple(len(view[opt]) for opt in checked))


def is_due(one: OptimizerView, interval: int) -> bool:
    """Return whether an optimizer works and has come past a multiple of `interval` since it was looked at."""
    return one.phase is Phase.RUNNING and due(one, interval)
