"""A whole managed run as a generator of the gest-api standard."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.ask_tell.queue import SILENCE, AskTellQueue
from glompo.core.views.run_view import RunView
from glompo.errors import NotAliveError, RefusedError, RunOverError, SettingError, UnansweredError, UserError
from glompo.manager import GloMPOManager
from glompo.manager.live_control import control
from glompo.manager.minimization import managed
from glompo.optimizers.as_generator import Variables
from glompo.optional import library
from glompo.read import Result
from glompo.validation import number, whole_number

OURS = ("task", "bounds", "names", "evaluator", "backend")
"""Settings of a run that follow from being driven."""

BEGINNING = 0.02
"""Seconds between two looks whether a run that is just beginning can be suspended."""


class ManagedGenerator:
    """A managed run whose points the caller evaluates, as Xopt, optimas and libEnsemble do.

    The run works in threads of its own, with all that belongs to it: several optimizers, stoppers, budget, journal. It
    begins with the first :meth:`suggest`. Up to `max_jobs` points can be out at once; their values are told by
    :meth:`ingest`, in any order and number. With ``working_dir=..., resume="auto"`` a new generator goes on with the
    run of an earlier one; points that were out then are suggested again.

    Needs gest-api: ``pip install 'glompo[gest]'``.

    Parameters
    ----------
    vocs : gest_api.vocs.VOCS
        Continuous variables with bounds, constants, and one objective to be minimised or maximised.
    x0 : mapping, optional
        Start of the first optimizer, by variable. Variables that are left out have their `default_value`, else the
        middle of their bounds. Without any, it starts where the best of the points lies that were ingested before, or
        as in :func:`glompo.minimize`.
    patience : float
        Seconds for which :meth:`suggest` waits for more points while others are out.
    **settings
        As for :func:`glompo.minimize`. `max_jobs` is needed.

    Attributes
    ----------
    returns_id : bool
        True: each point has an ``_id``, under which its value is to be told.

    Raises
    ------
    SettingError, SettingTypeError
        If a setting cannot be used, is missing, or is not the caller's to choose.
    ValueError
        If the problem has other variables, constraints, or not one objective.

    Notes
    -----
    The standard: https://github.com/campa-consortium/gest-api.
    """

    returns_id = True

    def __init__(
        self, vocs: Any, x0: Mapping[str, float] | None = None, patience: float = 1.0, **settings: Any
    ) -> None:
        library(self, "gest_api", "gest").Generator.register(ManagedGenerator)
        for name in OURS:
            if name in settings:
                raise SettingError(f"ManagedGenerator: {name} follows from being driven from outside; leave it out")
        if settings.get("max_jobs") is None:
            raise SettingError("ManagedGenerator: max_jobs is missing; give how many points may be out at once")
        self._variables = Variables(vocs)
        self._settings = settings
        self._queue = AskTellQueue(
            whole_number(self, "max_jobs", settings["max_jobs"], 1), number(self, "patience", patience, 0)
        )
        told = bool(x0) or self._variables.has_defaults
        self._x0 = self._variables.start(x0 or {}) if told else None
        self._manager = self._set_up(self._x0)
        self._best = math.inf
        self._beginning = Lock()
        self._run: Thread | None = None
        self._finalized = False
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._error_told = False

    def __repr__(self) -> str:
        return f"<ManagedGenerator driving {self._manager!r}>"

    @property
    def run_dir(self) -> Path | None:
        """Directory of the run, for example for :func:`glompo.control`; None before it has begun."""
        return self._manager.run_dir

    @property
    def result(self) -> Result:
        """What the run has found.

        Raises
        ------
        UserError
            If the run has not ended; :meth:`finalize` ends it.
        GlompoError
            If it failed.
        """
        self._raise_error()
        if self._result is None:
            raise UserError("the run has not ended; suggest() until it says so, or finalize() the generator first")
        return self._result

    def suggest(self, num_points: int | None = None) -> list[dict[str, Any]]:
        """Return points to be evaluated: just `num_points`, or all that there are.

        If all are asked for and there is none before another value is ingested, the list is empty.

        Raises
        ------
        RunOverError
            If the run is over; it is a ValueError.
        ValueError
            If there are not so many: because too many are out, because the optimizers wait for values, or because the
            budget permits no more.
        UnansweredError
            If no point comes although no value is out.
        GlompoError
            If the run failed.
        """
        n = None if num_points is None else whole_number("suggest", "num_points", num_points, 1)
        self._begin()
        points = self._queue.take(n)
        if not points and self._queue.closed:
            raise self._over()
        return [self._variables.suggestion(x, number) for number, x in points]

    def ingest(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Take the values of suggested points by their ``_id``; nan, text or no value at all is a failure.

        Points of others, without an ``_id``, are taken before the first :meth:`suggest` only: the first optimizer
        starts at the best of them. They are not recorded, and cost nothing of the budget.

        Raises
        ------
        ValueError
            If an ``_id`` is not one that waits for its value, or is missing after the beginning; then none is taken.
        GlompoError
            If the run failed.
        """
        self._raise_error()
        foreign = [result for result in results if "_id" not in result]
        if foreign and self._run is not None:
            raise ValueError(
                f"the result {dict(foreign[0])} has no _id; a run that has begun takes values of its own points only"
            )
        self._queue.bring([(one["_id"], self._variables.outcome(one)) for one in results if "_id" in one])
        self._start_at_best(foreign)

    def finalize(self) -> None:
        """Suspend the run in order: what was told is recorded, and it can be resumed.

        Raises
        ------
        GlompoError
            If the run failed and no method has raised that before.
        """
        with self._beginning:
            self._finalized = True
        if self._run is not None:
            try:
                self._suspend(self._run)
            finally:
                self._queue.abandon("the generator was finalised")
            self._run.join()
        if not self._error_told:
            self._raise_error()

    def _begin(self) -> None:
        """Begin the run, once."""
        with self._beginning:
            if self._run is None and not self._finalized:
                self._run = Thread(target=self._work, name="glompo-run", daemon=True)
                self._run.start()
            if self._run is None:
                raise RunOverError("the generator was finalised before its run began; make a new one")

    def _work(self) -> None:
        try:
            self._result = self._manager.start_manager(Watch(self._queue))
        except BaseException as error:  # whatever it is, it must be raised in the driver
            self._error = error
        finally:
            self._queue.close()

    def _suspend(self, run: Thread) -> None:
        """Suspend the run, as soon as it takes requests."""
        while run.is_alive():
            if self.run_dir is not None:
                with suppress(NotAliveError, RefusedError):  # it is about to end
                    control(self.run_dir).suspend()
                return
            run.join(BEGINNING)

    def _over(self) -> RunOverError:
        """Return that the run is over; raise if it failed."""
        assert self._run is not None  # only asked after its beginning
        self._run.join(SILENCE)
        if self._run.is_alive():
            raise UnansweredError(
                f"the run was to end and has not in {SILENCE:g} s; see `glompo status {self.run_dir}`"
            )
        self._raise_error()
        return RunOverError(f"the run is over: {self.result.message}")

    def _raise_error(self) -> None:
        if self._error is not None:
            self._error_told = True
            raise self._error

    def _start_at_best(self, foreign: Sequence[Mapping[str, Any]]) -> None:
        """Let the first optimizer start at the best point of others, unless a start was given."""
        low, high = self._variables.bounds.T
        for result in foreign:
            x, fx = self._variables.point(result), self._variables.outcome(result).fx
            inside = bool(((low <= x) & (x <= high)).all())
            if self._x0 is None and inside and -math.inf < fx < self._best:
                self._best, self._manager = fx, self._set_up(x)

    def _set_up(self, x0: NDArray[np.float64] | None) -> GloMPOManager:
        return managed(
            _evaluated_elsewhere,
            self._variables.bounds,
            {**self._settings, "x0": x0, "names": self._variables.names, "evaluator": self._queue},
        )

    def _validate_vocs(self, vocs: Any) -> None:
        Variables(vocs)


def _evaluated_elsewhere(x: NDArray[np.float64]) -> float:
    raise AssertionError("the points of a driven run are evaluated elsewhere")


class Watch:
    """Tells the queue how much of the budget is left, and when every optimizer has been asked to stop.

    An observer of the run, called after each decision: optimizers that a withdrawal unwinds were asked to stop before.
    """

    def __init__(self, queue: AskTellQueue) -> None:
        self._queue = queue

    def update(self, view: RunView) -> None:
        """See the run after something happened."""
        self._queue.budget(None if view.budget is None else view.budget - view.spent)
        if view.ending is not None:
            self._queue.withdraw("the run is ending")
        elif view.leaving:
            self._queue.withdraw(f"{view.leave_asked_by} asked to leave the run")

    def close(self, view: RunView) -> None:
        """See the run for the last time."""
