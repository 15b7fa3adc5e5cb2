"""The tables of a page as files of comma-separated values."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from tornado.web import HTTPError, RequestHandler

from glompo.dashboard.followed import FollowedRun
from glompo.safe_text import PAGE, legible
from glompo.show.columns.decisions import KEPT

OPTIMIZERS = (
    "opt_id", "name", "how", "evaluations", "best_f", "started_at", "ended_at", "started_because", "ended_because",
)  # fmt: skip
"""Attributes of a row of an optimizer, which are the columns of the file."""

DECISIONS = ("at", "opt", "what", "by", "why", "answers")


class Download(RequestHandler):
    """Answers with a table of the run of this number: all its optimizers, or its decisions as far as they are kept."""

    def initialize(self, runs: Sequence[FollowedRun]) -> None:
        """Take the runs."""
        self._runs = runs

    def get(self, what: str, number: str) -> None:
        """Send the file."""
        if int(number) >= len(self._runs) or not self._runs[int(number)].recording.begun:
            raise HTTPError(404)
        file = StringIO()
        rows = _optimizers if what == "optimizers" else _decisions
        csv.writer(file).writerows([legible(cell, PAGE) for cell in row] for row in rows(self._runs[int(number)]))
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="{what}.csv"')
        self.finish(file.getvalue())


def _optimizers(run: FollowedRun) -> Iterator[Sequence[object]]:
    yield OPTIMIZERS
    for row in run.recording.rows():
        cells = (getattr(row, name) for name in OPTIMIZERS)
        yield ["" if cell is None else cell for cell in cells]


def _decisions(run: FollowedRun) -> Iterator[Sequence[object]]:
    yield DECISIONS
    for one in reversed(run.decisions.newest(KEPT)):
        yield one.at, one.opt or "", one.what, one.by, one.why, "; ".join(one.lines())
