"""The documented attribute names of the manager and its log, read-only, over a :class:`RunView`.

User policies written for the documented system are called with these. Writing to them raises: a policy answers a
question, it does not act.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from glompo.box import Box
from glompo.core.evaluations.columns import distinct, names_of_extras
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError


class DocumentedResult(NamedTuple):
    """The documented result, ``x, fx, stats, origin = manager.result``; a finished run unpacks as one, too.

    The names can be read as items.

    Attributes
    ----------
    x : ndarray of shape (d,), or None
        The best point; None if no evaluation gave a finite value.
    fx : float
        Its value; +inf if there is none.
    stats : dict
        f_evals, opts_started, opts_killed (by stoppers), opts_conv, and end_cond: why the run ended, None before.
    origin : dict
        The optimizer that found it: opt_id and type, both None if there is none.
    """

    x: NDArray[np.float64] | None
    fx: float
    stats: dict[str, Any]
    origin: dict[str, Any]

    def __getitem__(self, name: Any) -> Any:
        """Return a value by its place or its name."""
        if not isinstance(name, str):
            return tuple.__getitem__(self, name)  # super() does not work in a NamedTuple
        if name not in self._fields:
            raise KeyError(f"the result has no {name!r}; it has {', '.join(self._fields)}")
        return getattr(self, name)


def documented_result(view: RunView, end_cond: str | None = None) -> DocumentedResult:
    """Return the result of a run as far as it has come; `end_cond` says why it ended."""
    best, known = view.best, view.known
    origin = {"opt_id": best.opt if best else None, "type": view[best.opt].kind if best else None}
    x, fx = (None, math.inf) if best is None else (best.x.copy(), best.f)
    if known is not None and known.f[0] < fx:  # it is no evaluation, but still the best that is known
        x, fx, origin = known.X[0].copy(), float(known.f[0]), {"opt_id": None, "type": "known point"}
    stats = {
        "f_evals": view.calls,
        "opts_started": view.n_started,
        "opts_killed": len(view.stopped_by_rules),
        "opts_conv": view.n_converged,
        "end_cond": end_cond,
    }
    return DocumentedResult(
        x=x,
        fx=fx,
        stats=stats,
        origin=origin,
    )


class _ReadOnly:
    __slots__ = ("view",)

    view: RunView

    def __init__(self, view: RunView) -> None:
        object.__setattr__(self, "view", view)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.view!r}>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise PolicyError(
            f"a policy tried to set {name!r} of the manager to {value!r}: policies see the run read-only; "
            "return the decision instead, or keep state in attributes of the policy itself"
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise PolicyError(f"a policy tried to delete {name!r} of the manager: policies see the run read-only")


class LogView(_ReadOnly):
    """The log of all optimizers (`opt_log`): ``len(log)`` of them, ``opt_id in log``, numbered from 1."""

    __slots__ = ()

    def __len__(self) -> int:
        return self.view.n_started

    def __contains__(self, opt_id: object) -> bool:
        return opt_id in self.view

    def __iter__(self) -> Iterator[int]:
        """Numbers of the optimizers."""
        return iter(self.view.started_after(0))

    @property
    def n_optimizers(self) -> int:
        """Number of optimizers in the log."""
        return self.view.n_started

    @property
    def largest_eval(self) -> float:
        """Largest finite value seen; -inf if there is none."""
        return max((one.trajectory.largest for one in self.view), default=-np.inf)

    def len(self, opt_id: int) -> int:
        """Return the number of evaluations of `opt_id`."""
        return len(self._one(opt_id))

    def get_history(self, opt_id: int, track: str | None = None) -> Any:
        """Return one column of an optimizer's evaluations, or all of them by name.

        Parameters
        ----------
        opt_id : int
            Optimizer.
        track : {'call_id', 'x', 'fx', 'fx_best', 'f_call_opt', 'f_call_overall', 'time', 'status'}, optional
            Column. `call_id` and `f_call_overall` count evaluations of the whole run, `f_call_opt` those of the
            optimizer, both from 1. Also any name in the task's `headers`: numbers as float64, nan where an evaluation
            has none; what is no number as objects. A name of a column above is ``extra:NAME``.
        """
        path = self._one(opt_id).trajectory.rows()
        columns = {
            "call_id": path.order + 1,
            "x": path.X,
            "fx": path.f,
            "fx_best": path.best_f,
            "f_call_opt": np.arange(1, len(path) + 1),
            "f_call_overall": path.order + 1,
            "time": path.at,
            "status": path.status,
        }
        headers = distinct(names_of_extras(self.view.opened.spec), columns, "extra:")
        extras = self._one(opt_id).trajectory
        if track is None:
            return {**columns, **{name: extras.track(place) for place, name in enumerate(headers)}}
        if track in headers:
            return extras.track(headers.index(track))
        if track not in columns:
            raise PolicyError(f"the log has no track {track!r}; it has {', '.join([*columns, *headers])}")
        return columns[track]

    def get_best_iter(self, opt_id: int | None = None) -> dict[str, Any]:
        """Return the best evaluation, of one optimizer or of all, as a dictionary.

        Keys: opt_id, type, call_id (of the whole run, from 1), x, fx. Without any valid evaluation opt_id is None
        (or `opt_id`), x is None and fx is inf.
        """
        if opt_id is None:
            if self.view.best is None:
                return {"opt_id": None, "type": None, "call_id": None, "x": None, "fx": np.inf}
            opt_id = self.view.best.opt
        one = self._one(opt_id)
        found = one.trajectory.best_order
        call = found + 1 if found >= 0 else None
        return {"opt_id": opt_id, "type": one.kind, "call_id": call, "x": one.best_x, "fx": one.best}

    def get_metadata(self, opt_id: int, key: str) -> Any:
        """Return one fact about an optimizer.

        Keys: opt_id, opt_type (also type), label, workers (also slots), x0, bounds, t_start and t_stop (run time in
        seconds), end_cond, messages.
        """
        one = self._one(opt_id)
        facts = {
            "opt_id": one.opt,
            "opt_type": one.kind,
            "type": one.kind,
            "label": one.label,
            "workers": one.slots,
            "slots": one.slots,
            "x0": one.x0,
            "bounds": self.view.bounds,
            "t_start": one.started_at,
            "t_stop": one.ended_at,
            "end_cond": _end_condition(one),
            "messages": [text for _, text in one.notes],
        }
        if key not in facts:
            raise PolicyError(f"the log has no metadata {key!r}; it has {', '.join(facts)}")
        return facts[key]

    def _one(self, opt_id: int) -> OptimizerView:
        if opt_id not in self.view:
            raise PolicyError(f"there is no optimizer {opt_id!r}; there are {self.view.n_started}, numbered from 1")
        return self.view[opt_id]


class ManagerView(_ReadOnly):
    """The manager as policies see it."""

    __slots__ = ()

    @property
    def opt_log(self) -> LogView:
        """The log of all optimizers."""
        return LogView(self.view)

    @property
    def f_counter(self) -> int:
        """Calls of the task so far."""
        return self.view.calls

    @property
    def o_counter(self) -> int:
        """Optimizers started so far, without injected points."""
        return self.view.n_searches

    @property
    def conv_counter(self) -> int:
        """Optimizers that converged."""
        return self.view.n_converged

    @property
    def hunt_counter(self) -> int:
        """Number of optimizers that stoppers asked to stop."""
        return len(self.view.stopped_by_rules)

    @property
    def hunt_victims(self) -> frozenset[int]:
        """Numbers of the optimizers that stoppers asked to stop."""
        return frozenset(self.view.stopped_by_rules)

    @property
    def result(self) -> DocumentedResult:
        """The best evaluation so far: `x`, `fx`, `stats` and `origin`."""
        return documented_result(self.view)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Bounds in natural units, shape (d, 2)."""
        return self.view.bounds

    @property
    def box(self) -> Box:
        """The bounds with the scale of each parameter: maps points to the unit cube and back."""
        return self.view.box

    @property
    def n_parms(self) -> int:
        """Number of parameters d."""
        return self.view.dims

    @property
    def max_jobs(self) -> int:
        """Slots of the run."""
        return self.view.slots

    @property
    def t_start(self) -> float:
        """Time of day at which this session began, as `time.time()` told it then; it is recorded."""
        return self.view.session_wall

    @property
    def t_used(self) -> float:
        """Run time so far over all sessions, in seconds."""
        return self.view.now


def _end_condition(one: OptimizerView) -> str | None:
    if one.how is None:
        return None
    because = one.stop_verdict.reason() if one.stop_verdict else one.note
    return f"{one.how}: {because}" if because else str(one.how)
