"""What every stopper is built on."""

from __future__ import annotations

from typing import Any

from glompo.core.manager_view import LogView
from glompo.core.rule import Rule
from glompo.core.verdict import Verdict
from glompo.core.views import RunView
from glompo.errors import PolicyError


class BaseStopper(Rule):
    """Should a living optimizer stop?

    Write either of two forms. The documented one, ``__call__(self, log, best_opt_id, tested_opt_id) -> bool``,
    sees the log of all optimizers. The other, ``judge(self, view, opt) -> Verdict``, sees the whole run and says
    why. Both see the run read-only.
    """

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt` through the documented form."""
        if type(self).__call__ is BaseStopper.__call__:
            raise PolicyError(f"{type(self).__name__} defines neither __call__(log, best_opt_id, tested_opt_id) nor judge")
        best = view.best.opt if view.best else None
        fired = self(LogView(view), best, opt)
        return self.verdict(fired, f"it answered {bool(fired)} for optimizer {opt}")

    def __call__(self, log: LogView, best_opt_id: int | None, tested_opt_id: int) -> Any:
        """Return whether optimizer `tested_opt_id` should stop."""
        return self.ask(log.view, tested_opt_id).fired
