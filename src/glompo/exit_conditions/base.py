"""What every exit condition is built on."""

from __future__ import annotations

from typing import Any

import numpy as np

from glompo.core.policies.rule import Rule
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError
from glompo.events.verdict import Verdict
from glompo.loggers import PolicyLogger


class BaseExitCondition(Rule):
    """Is the run over?

    Write either of two forms. The documented one, ``__call__(self, manager) -> bool``, sees the documented
    attributes of the manager. The other, ``judge(self, view, opt=None) -> Verdict``, says why. Both see the run
    read-only. Every exit condition of the library can be asked in the documented form too.
    """

    logger = PolicyLogger("glompo.exitcondition")

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer through the documented form."""
        if type(self).__call__ is BaseExitCondition.__call__:
            raise PolicyError(f"{type(self).__name__} defines neither __call__(manager) nor judge(view, opt)")
        answer = self(ManagerView(view))
        if not isinstance(answer, (bool, np.bool_)):
            raise PolicyError(f"{self} answered {answer!r}; return True or False")
        return self.verdict(answer, f"it answered {bool(answer)}")

    def __call__(self, manager: ManagerView) -> Any:
        """Return whether the run is over."""
        return self.ask(manager.view).fired
