"""What every stopper is built on."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from glompo.core.policies.rule import Rule
from glompo.core.state.optimizer_state import Best
from glompo.core.views.curve import due, interval_of
from glompo.core.views.manager_view import LogView
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError
from glompo.events.verdict import Verdict
from glompo.loggers import PolicyLogger
from glompo.validation import whole_number_or_none


class BaseStopper(Rule):
    """Should a living optimizer stop?

    Write either of two forms. The documented one, ``__call__(self, log, best_opt_id, tested_opt_id) -> bool``,
    sees the log of all optimizers. The other, ``judge(self, view, opt) -> Verdict``, sees the whole run and says
    why. Both see the run read-only. Every stopper of the library can be asked in the documented form too.
    """

    logger = PolicyLogger("glompo.stopper")

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt` through the documented form."""
        if type(self).__call__ is BaseStopper.__call__:
            raise PolicyError(
                f"{type(self).__name__} defines neither __call__(log, best_opt_id, tested_opt_id) nor judge(view, opt)"
            )
        best = view.best.opt if view.best else None
        answer = self(LogView(view), best, self.subject(view, opt).opt)
        if not isinstance(answer, (bool, np.bool_)):
            raise PolicyError(f"{self} answered {answer!r} for optimizer {opt}; return True or False")
        return self.verdict(answer, f"it answered {bool(answer)} for optimizer {opt}")

    def __call__(self, log: LogView, best_opt_id: int | None, tested_opt_id: int) -> Any:
        """Return whether optimizer `tested_opt_id` should stop.

        Parameters
        ----------
        log : LogView
            Log of all optimizers.
        best_opt_id : int or None
            Optimizer to compare with; the owner of the incumbent if None.
        tested_opt_id : int
            Optimizer in question.
        """
        view = log.view
        if best_opt_id is not None and (view.best is None or view.best.opt != best_opt_id):
            view = _Led(view, best_opt_id)
        return self.ask(view, tested_opt_id).fired

    def subject(self, view: RunView, opt: int | None) -> OptimizerView:
        """Return the optimizer in question.

        Raises
        ------
        PolicyError
            If there is none, as when a stopper is used as an exit condition.
        """
        if opt is None:
            raise PolicyError(
                f"{self} was asked about the whole run; a stopper answers for one optimizer, not for a run"
            )
        if opt not in view:
            raise PolicyError(f"{self} was asked about optimizer {opt!r}; there are {view.n_started}, numbered from 1")
        return view[opt]

    def rng(self, view: RunView, one: OptimizerView) -> np.random.Generator:
        """Return the random stream of this question: asked again before the next evaluation, it is the same."""
        return view.streams.generator(f"stopper:{type(self).__name__}", one.opt, len(one))


class ForeseeingStopper(BaseStopper):
    """Judge the course of an optimizer that is behind, once it is long enough, and now and then.

    Parameters
    ----------
    min_evals : int or None
        Evaluations before the first judgment; 20·D if None.
    every : int or None
        Evaluations between two judgments; 5·D, or a generation if that is more, if None.
    """

    def __init__(self, min_evals: int | None, every: int | None) -> None:
        self.min_evals = whole_number_or_none(self, "min_evals", min_evals, 1)
        self.every = whole_number_or_none(self, "every", every, 1)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        if view.best is None or view.best.opt == one.opt:
            return self.verdict(False, "no other optimizer is ahead of it")
        dims = view.free_parameters
        least, every = self.min_evals or 20 * dims, interval_of(one, self.every, dims)
        if len(one) < least:
            return self.verdict(False, f"{len(one)} evaluations, {least} are needed")
        if not due(one, every):
            return self.verdict(False, f"it is judged every {every} evaluations")
        return self.foresee(view, one, float(view.best.f), dims)

    @abstractmethod
    def foresee(self, view: RunView, one: OptimizerView, incumbent: float, dims: int) -> Verdict:
        """Answer for an optimizer that is behind the value `incumbent`; `dims` parameters are free."""


class _Led(RunView):
    """The run as it were if another optimizer owned the incumbent."""

    __slots__ = ("_leader",)

    def __init__(self, view: RunView, leader: int) -> None:
        super().__init__(view._state, view.now, budget=view.budget, history=view._history)
        if leader not in view:
            raise PolicyError(f"there is no optimizer {leader!r} to compare with; there are {view.n_started}")
        self._leader = leader

    @property
    def best(self) -> Best | None:
        """The best evaluation of that optimizer."""
        one = self[self._leader]
        return None if one.best_x is None else Best(one.opt, one.trajectory.best_k, one.best_x, one.best)
