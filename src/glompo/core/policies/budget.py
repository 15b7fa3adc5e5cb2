"""The budget that a policy reckons with: the one it was given, or that of the run."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError


def budget_of(owner: object, given: int | None, view: RunView) -> int:
    """Return the calls of the task that a policy may reckon with.

    Raises
    ------
    PolicyError
        If the policy was given none and the run has none.
    """
    known = view.budget if given is None else given
    if known is None:
        raise PolicyError(
            f"{owner} reckons with the budget, and this run has none; give it max_evaluations, or the run the exit "
            "condition MaxTotalFunctionCalls"
        )
    return known
