"""Who will not win, and who should rest? Asked about an optimizer whenever it has done enough new evaluations."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.decisions.commands import Acquit, Command, Pause, Stop
from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.views.run_view import FREEZER, RunView


def stopping(view: RunView, policies: Policies) -> Iterator[Command]:
    """Yield a stop or a pause for whom the policies name, and one acquittal for all others that were looked at.

    The owner of the incumbent is never stopped, unless `stop_best` says so; it counts as looked at, so that it is
    not asked about at once when it loses the lead between two of its own evaluations. It may be put to rest.
    """
    if policies.stopper is None and policies.freezer is None:
        return
    owner = view.best.opt if view.best else None
    acquitted: list[int] = []
    for one in view.changed:
        if one.phase is not Phase.RUNNING or not _due(len(one), one.judged_at, policies.stopper_interval):
            continue
        if policies.stopper is not None and (one.opt != owner or policies.stop_best):
            verdict = policies.stopper.ask(view, one.opt)
            if verdict.fired:
                yield Stop(one.opt, "stopper", verdict)
                continue
        if policies.freezer is not None and (verdict := policies.freezer.freeze(view, one.opt)).fired:
            yield Pause(one.opt, FREEZER, verdict)
            continue
        acquitted.append(one.opt)
    if acquitted:
        yield Acquit(tuple(acquitted), tuple(len(view[opt]) for opt in acquitted))


def _due(now: int, then: int, interval: int) -> bool:
    return now // interval > then // interval
