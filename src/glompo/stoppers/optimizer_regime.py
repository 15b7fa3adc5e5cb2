"""Single out the optimizers of one regime of a portfolio."""

from __future__ import annotations

from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper


class OptimizerRegime(BaseStopper):
    """The optimizer belongs to a given regime of a portfolio.

    Joined with ``&`` it makes a rule for one regime only: ``OptimizerRegime("base") & CatchUp()``.

    Invariant under f → a·f + b.

    Parameters
    ----------
    regime : str
        Name of the regime.
    """

    guard = True

    def __init__(self, regime: str) -> None:
        if not isinstance(regime, str) or not regime:
            raise SettingTypeError(f"OptimizerRegime: regime is {regime!r}; give the name of a regime")
        self.regime = regime

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        regime = self.subject(view, opt).regime
        return self.verdict(regime == self.regime, f"it is of the regime {regime}" if regime else "it is of no regime")
