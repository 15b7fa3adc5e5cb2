"""Which optimizers may evaluate next? Credits are the only currency of a run.

A worker calls the task only as often as it was granted. The sum of what has been called and what is still
outstanding never exceeds the budget, so a budget is exact for any number of workers and for optimizers that
evaluate in batches: they wait for credits inside `function.map`. When an optimizer ends, the fold frees what it
had not used, and the next decision gives it to others.

A rule that goes by evaluations is asked when they have arrived. So where there is one, an optimizer holds no more
credits than lead to the next question, and a block beyond (a generation, or else max(10, D) evaluations): a rule is
asked one block late at most. In lockstep nothing is granted before all is used, and the rules have been asked.

This is asked last: an optimizer that was just asked to stop gets nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from glompo.core.policies.ports import Policies
from glompo.core.views.curve import block_of
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError
from glompo.events import Granted


def credit_limits(view: RunView, policies: Policies) -> Iterator[Granted]:
    """Yield the fresh credits that the allocator gives, after checking that they are there to give."""
    limit = view.unpromised(policies.exit.budget())
    if limit is not None and limit <= 0:
        return
    points = [one.opt for one in view.changed if one.needs_credit][:limit] if view.injections.begun else []
    yield from (Granted(view.now, opt, 1) for opt in points)
    limit = None if limit is None else limit - len(points)
    if limit == 0:
        return
    shares = policies.allocator.allocate(view, limit)
    if limit is not None and sum(shares.values()) > limit:
        raise PolicyError(
            f"{policies.allocator} gave {sum(shares.values())} evaluations although {limit} are left; "
            "keep the sum of allocate(view, limit) within limit"
        )
    for opt, n in shares.items():
        if opt not in view or not (one := view[opt]).may_evaluate or n < 1:
            raise PolicyError(f"{policies.allocator} gave {n} evaluations to optimizer {opt}, which cannot use them")
        room = _room(one, view, policies)
        if room is None or room > 0:
            yield Granted(view.now, opt, n if room is None else min(n, room))


def _room(one: OptimizerView, view: RunView, policies: Policies) -> int | None:
    """Return how many more credits an optimizer may hold, such that no rule is asked late; None for any number."""
    judged = policies.stopper is not None or policies.freezer is not None
    follows = policies.exit.follows_evaluations()
    if policies.lockstep or not (judged or follows):
        return None
    block = max(block_of(one, view.dims), one.slots)
    ahead = 0 if follows else policies.stopper_interval - len(one) % policies.stopper_interval
    return ahead + block - one.outstanding
