"""The evaluations of a run as a study of Optuna, for those who look at studies in its dashboard."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from glompo.core.views.optimizer_view import display_name
from glompo.errors import StoreError
from glompo.events import Evaluated, Event, SessionOpened, StartRequested
from glompo.function import Status
from glompo.optional import library
from glompo.read.history import History, load
from glompo.safe_text import legible

EVALUATION = "evaluation"
"""Attribute of a trial: the number of its evaluation in the run, from 1."""

CHUNK = 1000
"""Trials that are made at a time."""


def to_optuna(run_dir: str | os.PathLike[str], storage: str | os.PathLike[str]) -> str:
    """Add the evaluations of a run, alive or dead, to a study in a storage of Optuna, and return the study's name.

    Called again it adds what is new since. Trials have the parameters under their names, on a logarithmic scale where
    the run has one; the value, or the state FAIL; the time of day; and as attributes the number of the evaluation, the
    optimizer's number and label, its regime, and the status and reason of one that failed. Evaluations outside the
    bounds are left out: the task was not called.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    storage : str or path-like
        ``sqlite:///study.db`` or another URL that Optuna knows; or a file for its journal storage.

    Raises
    ------
    UserError
        If `run_dir` holds no run, or optuna is missing.
    StoreError
        If the storage cannot be opened or written.
    """
    optuna, history = library("a study", "optuna", "optuna"), load(run_dir)
    opening = history.opening
    name = f"{opening.label or opening.task} {opening.run_id[:8]}"
    with _quiet():
        try:
            study = optuna.create_study(
                storage=_storage(optuna, storage), study_name=name, direction="minimize", load_if_exists=True
            )
            known = (one.user_attrs.get(EVALUATION, 0) for one in study.get_trials(deepcopy=False))
            trials = _Trials(optuna, history, after=max(known, default=0)).made()
            while chunk := list(islice(trials, CHUNK)):
                study.add_trials(chunk)
        except _troubles(optuna) as error:
            raise StoreError(
                f"{legible(storage)} cannot be used as a storage of Optuna: {error}; give sqlite:///FILE.db, or a file"
            ) from error
    return name


def _troubles(optuna: Any) -> tuple[type[Exception], ...]:
    """Return what is raised where a storage cannot be opened or written."""
    return OSError, ImportError, optuna.exceptions.StorageInternalError, import_module("sqlalchemy.exc").SQLAlchemyError


def _storage(optuna: Any, storage: str | os.PathLike[str]) -> Any:
    text = os.fspath(storage)
    if "://" in text:
        return text
    Path(text).parent.mkdir(parents=True, exist_ok=True)
    journal = import_module("optuna.storages.journal")
    return optuna.storages.JournalStorage(journal.JournalFileBackend(text))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from announcing the study on the standard error stream."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


@dataclass(slots=True)
class _Trials:
    """Makes trials of the evaluations of a run after the first `after`."""

    optuna: Any
    history: History
    after: int
    order: int = 0
    begun: datetime | None = None  # the time of day at run time 0 of the session
    labels: dict[int, dict[str, str]] = field(default_factory=dict)

    def made(self) -> Iterator[Any]:
        """Yield them in the order of the record."""
        space = self._space()
        for event in self.history.events:
            if isinstance(event, Evaluated):
                yield from self._batch(event, space)
            else:
                self._note(event)

    def _space(self) -> dict[str, Any]:
        box = self.history.view.box
        make = self.optuna.distributions.FloatDistribution
        names = self.history.opening.names
        return {
            name: make(low, high, log=bool(log))
            for name, low, high, log in zip(names, box.low.tolist(), box.high.tolist(), box.log, strict=True)
        }

    def _note(self, event: Event) -> None:
        if isinstance(event, SessionOpened) and event.wall:
            self.begun = datetime.fromtimestamp(event.wall) - timedelta(seconds=event.at)  # local, as Optuna has it
        elif isinstance(event, StartRequested):
            attrs = {"label": display_name(event.called, event.regime), "regime": event.regime}
            self.labels[event.opt] = {name: text for name, text in attrs.items() if text}

    def _batch(self, event: Evaluated, space: dict[str, Any]) -> Iterator[Any]:
        reasons = dict(event.errors)
        for row in range(len(event.f)):
            self.order += 1
            if self.order > self.after and event.status[row] != Status.OUT_OF_BOUNDS:
                yield self._trial(event, row, space, reasons.get(row, ""))

    def _trial(self, event: Evaluated, row: int, space: dict[str, Any], reason: str) -> Any:
        status, value = Status(int(event.status[row])), float(event.f[row])
        valid = status == Status.OK and bool(np.isfinite(value))
        attrs: dict[str, Any] = {EVALUATION: self.order, "optimizer": event.opt, **self.labels.get(event.opt, {})}
        if not valid:
            attrs |= {"status": status.name.lower()} | ({"reason": reason} if reason else {})
        states = self.optuna.trial.TrialState
        trial = self.optuna.trial.create_trial(
            state=states.COMPLETE if valid else states.FAIL,
            value=value if valid else None,
            params=dict(zip(space, event.X[row].tolist(), strict=True)),
            distributions=space,
            user_attrs=attrs,
        )
        if self.begun is not None:
            trial.datetime_complete = self.begun + timedelta(seconds=event.at - float(event.ages[row]))
            trial.datetime_start = trial.datetime_complete - timedelta(seconds=float(event.seconds[row]))
        return trial
