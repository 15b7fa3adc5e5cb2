"""Let the bad make room."""

from __future__ import annotations

import math

from glompo.core.views.run_view import RunView
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import number


class ValueAnnealing(BaseStopper):
    """A coin decides, the more often against the optimizer the worse its best value is.

    True when ``u > exp(ln(med_kill_chance) * abs(f_best - f_tested) / abs(f_best))``, with u drawn uniformly from 0
    to 1, f_best the incumbent and f_tested the best value of the optimizer. An optimizer that is worse by abs(f_best)
    is thus stopped with probability 1 - `med_kill_chance`; one that has evaluated but found nothing valid always.
    False when f_best is 0, when the optimizer is not worse, and when there is nothing to compare. Best values are
    compared, not latest ones: a single candidate of a population says little about its optimizer.

    Not invariant under f → a·f + b: the gap is measured in units of abs(f_best), so a constant added to the task
    changes the chances. The draw belongs to the number of evaluations: asked again before the next one, the answer
    is the same.

    Parameters
    ----------
    med_kill_chance : float
        Chance to survive of an optimizer that is worse by abs(f_best), above 0 and at most 1.
    """

    def __init__(self, med_kill_chance: float = 0.5) -> None:
        self.med_kill_chance = number(self, "med_kill_chance", med_kill_chance, 0, 1, above=True)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if view.best is None or not len(one):
            return self.verdict(False, "there is nothing to compare")
        best, tested = float(view.best.f), one.best
        if best == 0 or tested <= best:
            return self.verdict(False, f"best {best:.6g}, this one {tested:.6g}")
        # divided first: the difference of two huge values of opposite sign would overflow
        gap = abs(1 - tested / best)
        chance = math.exp(math.log(self.med_kill_chance) * gap) if self.med_kill_chance < 1 else 1.0
        draw = float(self.rng(view, one).random())
        return self.verdict(
            draw > chance, f"drew {draw:.4g}, survives up to {chance:.4g}: best {best:.6g}, this one {tested:.6g}"
        )
