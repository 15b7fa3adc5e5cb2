"""A run as it was recorded: read at once, or followed as it goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glompo.core.evaluations.columns import valid_values
from glompo.core.views.run_view import RunView
from glompo.errors import UserError
from glompo.events import Evaluated, Event
from glompo.read.dataframe import to_dataframe
from glompo.read.displays import Displays
from glompo.read.explanation import explanation
from glompo.read.export import EvaluationRow, rows
from glompo.read.life import Stretch
from glompo.read.locate import run_directory
from glompo.read.minima import TOLERANCE, Minima
from glompo.read.resource_row import ResourceRow, resource_rows
from glompo.read.result import Result, result_of
from glompo.read.run_opening import Opening, opening_of
from glompo.read.run_status import RunStatus, nothing_recorded, run_status_of
from glompo.safe_text import legible
from glompo.storage.checkpoint_file import is_checkpoint
from glompo.storage.checkpoint_unpack import unpack
from glompo.storage.history import JournalHistory
from glompo.storage.lease_state import Writer, writer_of
from glompo.storage.reader import JournalFollower, read_events, shortcut, state_of

if TYPE_CHECKING:
    import pandas


class RunColumns(NamedTuple):
    """The n evaluations of a run, in the order in which they were recorded; those outside the bounds count.

    Attributes
    ----------
    opt : ndarray of int64, shape (n,)
        Optimizer that made it.
    seconds : ndarray of float64, shape (n,)
        Run time at which it was completed.
    value : ndarray of float64, shape (n,)
        Value handed to the optimizer.
    status : ndarray of uint8, shape (n,)
        :class:`glompo.function.Status` of it.
    """

    opt: NDArray[np.int64]
    seconds: NDArray[np.float64]
    value: NDArray[np.float64]
    status: NDArray[np.uint8]


class BestSoFar(NamedTuple):
    """The incumbent along a run of n evaluations, in the order in which they were recorded.

    Attributes
    ----------
    number : ndarray of int64, shape (n,)
        Evaluation of the run, from 1; those outside the bounds count.
    seconds : ndarray of float64, shape (n,)
        Run time at which it was completed.
    value : ndarray of float64, shape (n,)
        Smallest valid value up to it; +inf before the first.
    opt : ndarray of int64, shape (n,)
        Optimizer that made it.
    """

    number: NDArray[np.int64]
    seconds: NDArray[np.float64]
    value: NDArray[np.float64]
    opt: NDArray[np.int64]


@dataclass(frozen=True, slots=True, repr=False)
class History(Displays):
    """A run as far as it was recorded when it was read.

    Attributes
    ----------
    run_dir : Path
        Its directory.
    view : RunView
        The run at the time of its last event.
    writer : Writer
        Who wrote to the directory when it was read.
    """

    run_dir: Path
    view: RunView
    writer: Writer

    def __repr__(self) -> str:
        opening, view = self.opening, self.view
        called = opening.label or opening.task.rpartition(":")[2]
        best = "no value yet" if view.best is None else f"best {view.best.f:.8g}"
        work = f"{view.calls:,} evaluations of {view.n_started:,} optimizers"
        return legible(f"<run of {called} in {self.run_dir}: {self.standing.word}, {work}, {best}>")

    @property
    def opening(self) -> Opening:
        """How the run was opened: task, names, settings."""
        return opening_of(self.view)

    @property
    def standing(self) -> RunStatus:
        """Where the run stands."""
        return run_status_of(self.view, self.writer)

    @property
    def result(self) -> Result:
        """Result of the run as far as it has come."""
        return result_of(self.view, self.run_dir, writer=self.writer)

    @property
    def events(self) -> Iterator[Event]:
        """The recorded events, read anew."""
        return read_events(self.run_dir)

    @property
    def resources(self) -> tuple[ResourceRow, ...]:
        """What the run used of its machine, about every 30 s of run time, read anew; empty for a shorter run."""
        return tuple(resource_rows(self.events))

    def rows(self) -> Iterator[EvaluationRow]:
        """Return the recorded evaluations, read anew, in the order in which they were recorded."""
        return rows(self.run_dir)

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the recorded evaluations, read anew, as :func:`~glompo.read.to_dataframe` does."""
        return to_dataframe(self.run_dir)

    def minima(self, tol: float = TOLERANCE, *, converged: bool = False) -> Minima:
        """Return where optimizers ended, alike ends taken together; see :meth:`Result.minima`."""
        return self.result.minima(tol, converged=converged)

    def explain(self, opt: int) -> str:
        """Return why an optimizer started, what was decided about it, and why it ended, as a page of plain text.

        What its stoppers saw when they let it live is not on record; :func:`glompo.explain` asks them again.

        Parameters
        ----------
        opt : int
            Number of the optimizer, from 1.

        Raises
        ------
        SettingError
            If there is none of that number.
        """
        return explanation(self.run_dir, self.view, self.result, self.events, opt, _ask_elsewhere)

    def columns(self) -> RunColumns:
        """Return value, status, time and optimizer of each evaluation, read anew."""
        n = self.view.candidates
        columns = RunColumns(np.empty(n, np.int64), np.empty(n), np.empty(n), np.empty(n, np.uint8))
        begin = 0
        for event in self.events:
            if begin == n:
                break  # a living run has gone on since
            if isinstance(event, Evaluated):
                part = slice(begin, begin + len(event.f))
                columns.opt[part], columns.value[part], columns.status[part] = event.opt, event.f, event.status
                columns.seconds[part] = event.at - event.ages.astype(np.float64)
                begin = part.stop
        return columns

    def best_so_far(self) -> BestSoFar:
        """Return the incumbent after each evaluation of the run."""
        opt, seconds, value, status = self.columns()
        best = np.minimum.accumulate(valid_values(status, value))
        return BestSoFar(np.arange(1, len(opt) + 1), seconds, best, opt)


def _ask_elsewhere(opt: int) -> list[Stretch]:
    raise UserError(f"their answers are not on record; glompo.explain(run_dir, {opt}) asks them again")


def load(run_dir: str | os.PathLike[str]) -> History:
    """Read a run, be it finished, alive or killed.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Raises
    ------
    UserError
        If it holds no run; the message names runs below it.
    CorruptJournalError
        If its journal is damaged before its tail.
    """
    folder = run_directory(run_dir)
    writer = writer_of(folder)  # before reading: see RunStatus
    state = state_of(folder)
    if state.opened is None:
        raise UserError(nothing_recorded(folder, writer))
    return History(folder, RunView(state, state.at, history=JournalHistory(folder)), writer)


@contextmanager
def open_run(path: str | os.PathLike[str]) -> Iterator[History]:
    """Give the history of a run; what a checkpoint file holds lies unpacked in a temporary directory for the block.

    No code of the run is executed, whatever the file holds.

    Parameters
    ----------
    path : path-like
        Working directory of a run, or a checkpoint file.

    Raises
    ------
    UserError
        If there is no run.
    StoreError
        If the file or the journal is damaged.
    """
    source = Path(path)
    if not is_checkpoint(source):
        yield load(source)
        return
    with TemporaryDirectory(prefix="glompo-inspect-") as folder:
        run_dir = Path(folder, "run")
        unpack(source, run_dir)
        yield replace(load(run_dir), writer=Writer.CHECKPOINT)


class Follower:
    """Follows a run, alive or dead, without disturbing it; each poll costs as much as what is new.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Attributes
    ----------
    writer : Writer
        Who wrote to the directory at the last poll.

    Raises
    ------
    UserError
        If the directory holds no run.
    """

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        self.run_dir = run_directory(run_dir)
        self.writer = Writer.LIVES
        self._state, position = shortcut(self.run_dir)
        self._journal = JournalFollower(self.run_dir, position)
        self._history = JournalHistory(self.run_dir)

    def __repr__(self) -> str:
        return legible(f"<follower of the run in {self.run_dir}: {self._state.calls:,} evaluations so far>")

    @property
    def begun(self) -> bool:
        """Whether anything has been recorded; before that the view is empty."""
        return self._state.opened is not None

    def poll(self) -> RunView:
        """Read what is new and return the run at the time of its last event.

        Raises
        ------
        CorruptJournalError
            If the journal is damaged before its tail.
        """
        self.writer = writer_of(self.run_dir)  # before reading: see RunStatus
        for event in self._journal.poll():
            self._journal.fold(event, self._state)
        return RunView(self._state, self._state.at, history=self._history)
