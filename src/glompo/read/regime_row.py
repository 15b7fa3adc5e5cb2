"""One line of the table of regimes: what a part of a portfolio should have, has had and has found."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.core.state.regime_totals import RegimeTotals
from glompo.core.views.regime_shares import present_shares
from glompo.core.views.run_view import RunView


@dataclass(frozen=True, slots=True)
class RegimeRow:
    """One regime of a portfolio.

    Attributes
    ----------
    name : str
        Its name.
    share : float or None
        Its present share of the evaluations, in sum 1: a larger one while it owns the best point, unless it is steady.
        None if that is not on record.
    started, alive : int
        Its optimizers ever started, and those that live.
    evaluations : int
        Calls of the task that they have made.
    spent : float
        That as a share of the calls of the run.
    improvements : int
        Batches of theirs that improved the best value of the run.
    best_f : float
        Their smallest valid value; +inf if they have none.
    waited : int
        Evaluations that others made while its optimizers could have evaluated and were given nothing.
    state : {'evaluates', 'waits', 'idle'}
        Whether one of its optimizers may evaluate now, all that live wait until it is their turn, or none lives.
    due : bool
        Whether it is next: farthest behind its share.
    """

    name: str
    share: float | None
    started: int
    alive: int
    evaluations: int
    spent: float
    improvements: int
    best_f: float
    waited: int
    state: str
    due: bool


def regime_rows(view: RunView) -> tuple[RegimeRow, ...]:
    """Return the lines of all regimes, in the order of the portfolio; none without one."""
    shares = present_shares({name: (a, b, w) for name, a, b, w in view.settings.get("shares") or ()}, view)
    totals = view.regimes
    spent = {name: totals[name].calls if name in totals else 0 for name in dict.fromkeys((*shares, *totals))}
    for one in view.alive:
        if one.regime in spent:
            spent[one.regime] += one.outstanding
    due = (
        min(shares, key=lambda name: (spent[name] + 1) / shares[name], default=None) if view.finished is None else None
    )
    whole = sum(shares.values())
    return tuple(_row(view, name, shares[name] / whole if name in shares else None, name == due) for name in spent)


def _row(view: RunView, name: str, share: float | None, due: bool) -> RegimeRow:
    living = [one for one in view.alive if one.regime == name]
    found = view.regimes.get(name, RegimeTotals())
    waiting = [one for one in living if one.waits]
    return RegimeRow(
        name=name,
        share=share,
        started=found.started,
        alive=len(living),
        evaluations=found.calls,
        spent=found.calls / view.calls if view.calls else 0.0,
        improvements=found.improvements,
        best_f=found.best,
        waited=found.waited + sum(one.waiting(view.calls) for one in waiting),
        state="idle" if not living else "waits" if len(waiting) == len(living) else "evaluates",
        due=due,
    )
