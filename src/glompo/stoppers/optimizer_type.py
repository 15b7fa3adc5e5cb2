"""Single out the optimizers of one class."""

from __future__ import annotations

import inspect

from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.events.verdict import Verdict
from glompo.optimizer import BaseOptimizer
from glompo.stoppers.base import BaseStopper


class OptimizerType(BaseStopper):
    """The optimizer is of a given class.

    Joined with ``&`` it makes a rule for one kind only: ``OptimizerType(CMAOptimizer) & BestUnmoving(500)``. The
    class is compared by its name, which is what the history of a run holds; subclasses are other classes.

    Invariant under f → a·f + b.

    Parameters
    ----------
    opt_type : subclass of BaseOptimizer, or str
        The class, or its name.
    """

    guard = True

    def __init__(self, opt_type: type[BaseOptimizer] | str) -> None:
        if inspect.isclass(opt_type) and issubclass(opt_type, BaseOptimizer):
            self.opt_type = opt_type.__name__
        elif isinstance(opt_type, str) and opt_type.isidentifier():
            self.opt_type = opt_type
        else:
            raise SettingTypeError(
                f"OptimizerType: opt_type is {opt_type!r}; give a subclass of BaseOptimizer or the name of one"
            )

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        kind = self.subject(view, opt).kind
        return self.verdict(kind == self.opt_type, f"it is a {kind}")
