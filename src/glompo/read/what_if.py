"""A recorded run, asked with other stopping rules: which decision would have been the first to differ?

The journal is folded from its beginning. Each time the run asked its stoppers, the other rules are asked the same about
the same state, and their answers are compared with those on record. A run without stoppers and freezer has no such
moments on record; its rules are asked when those of the run would have been.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

from glompo.core.decisions.stops import is_due
from glompo.core.evaluations.columns import Columns
from glompo.core.policies.rule import Rule
from glompo.core.policies.rule_expression import Leaf, rule_in
from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError, SettingError, UserError
from glompo.events import (
    Asked,
    CheckpointClosed,
    EndRequested,
    Event,
    Judged,
    PauseRequested,
    Sampled,
    SessionOpened,
    StopRequested,
)
from glompo.events.enums import By
from glompo.events.verdict import Verdict
from glompo.read.difference import NO_RULES, Difference, WhatIf
from glompo.read.history import open_run
from glompo.read.optimizer_row import row_of
from glompo.read.run_status import run_status_of
from glompo.storage.history import JournalHistory
from glompo.storage.lease_state import Writer
from glompo.storage.reader import JournalFollower

RulesOf: TypeAlias = Callable[[Mapping[str, Any]], Rule | None]
"""The rules for a session with these settings; None if no optimizer is to be stopped."""

INTERVAL = 10
"""Evaluations of an optimizer between two questions, where the record does not say it."""

_REMEDY = "give the rules to ask, as stoppers=... in Python or --stoppers on the command line"

_Answer: TypeAlias = StopRequested | PauseRequested | Judged
"""What is on record of a decision about optimizers that will not win, or should rest."""


def compare(run_dir: str | os.PathLike[str], rules_of: RulesOf) -> WhatIf:
    """Return what rules would have decided otherwise than a recorded run; :func:`glompo.what_if` with made rules.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run, alive or not; or a checkpoint file.
    rules_of : callable
        Gives the rules for a session with the recorded settings that it is called with.

    Raises
    ------
    UserError
        If there is no run.
    StoreError
        If its journal is damaged before its tail.
    PolicyError
        If a rule breaks its contract.
    """
    with open_run(run_dir) as history:
        writer = history.writer  # before the journal is folded: see RunStatus
        comparison = Comparison(JournalFollower(history.run_dir), JournalHistory(history.run_dir), rules_of)
        comparison.fold()
        return comparison.outcome(Path(run_dir), writer)


def recorded_rules(leaf: Leaf) -> RulesOf:
    """Return a function that makes the rules of a session again from its recorded settings.

    Parameters
    ----------
    leaf : callable
        Makes each single rule of its name and its settings; it raises UserError if it does not know the name.
    """

    def rules_of(settings: Mapping[str, Any]) -> Rule | None:
        if "stoppers" not in settings:
            raise SettingError(f"the record of the run does not say which stoppers it had; {_REMEDY}")
        text = settings["stoppers"]
        if text is None:
            return None
        try:
            return rule_in(str(text), leaf)
        except UserError as error:
            raise SettingError(
                f"the run's own rules {text} cannot be made again from its record: {error}. Therefore {_REMEDY}"
            ) from error

    return rules_of


class Comparison:
    """Folds a journal and asks rules at each moment at which the run did."""

    def __init__(self, journal: JournalFollower, history: JournalHistory, rules_of: RulesOf) -> None:
        self._journal = journal
        self._state = RunState()
        self._history = _AsItWas(history, self._state)
        self._rules_of = rules_of
        self._rules: Rule | None = None
        self._texts: list[str] = []
        self._questions = 0
        self._moments: list[_Moment] = []
        self._settled: set[int] = set()  # optimizers that differed: what they did later says nothing of the rules

    def fold(self) -> None:
        """Fold the whole journal, comparing on the way."""
        answers: list[_Answer] = []
        for event, first in self._events():
            if answers and not _goes_on(answers, event):
                answers = self._decided(answers)
            if _is_answer(event):
                answers.append(event)
                continue
            if first and self.unasked and not isinstance(event, _BEFORE_STOPS):
                self._ask_unasked(event)
            self._apply(event)
        self._decided(answers)
        if self.unasked:
            self._ask_unasked(None)

    def _decided(self, answers: Sequence[_Answer]) -> list[_Answer]:
        """Compare with the answers of one decision, all of which were given in the state before the first of them."""
        if answers:
            self.compare_answers(answers[0].at, _answered(answers))
        for answer in answers:
            self._apply(answer)
        return []

    def _events(self) -> Iterator[tuple[Event, bool]]:
        """Yield each event, and whether it is the first of its record: one decision is made between two records."""
        record = None
        for event in self._journal.stream():
            yield event, self._journal.position != record
            record = self._journal.position

    def _apply(self, event: Event) -> None:
        self._journal.fold(event, self._state)
        if isinstance(event, SessionOpened):
            self._rules = self._rules_of(self._state.settings)
            text = NO_RULES if self._rules is None else str(self._rules)
            if text not in self._texts:
                self._texts.append(text)

    @property
    def unasked(self) -> bool:
        """Whether the session has no stopper and no freezer, so that no question is on record, and goes on."""
        if self._state.opened is None or not self._state.session_open:
            return False
        settings, view = self._state.settings, self.view(self._state.at)
        silent = "stoppers" in settings and settings["stoppers"] is None and settings.get("freezer") is None
        # in lockstep decisions wait until nothing is in flight; and once a run ends stoppers are not asked
        ready = view.settled or not settings.get("deterministic")
        return silent and ready and not (view.ending or view.leaving or view.finished)

    def _ask_unasked(self, following: Event | None) -> None:
        """Ask about each optimizer that the run would have asked about; keep that as the run would have done."""
        known = self._state.settings.get("stopper_interval")
        interval = known if isinstance(known, int) and known > 0 else INTERVAL
        ended = following.opt if isinstance(following, (StopRequested, PauseRequested)) else None
        view = self.view(self._state.at)
        due = [one for one in view.alive if is_due(one, interval) and one.opt != ended]
        if due:
            self.compare_answers(self._state.at, {one.opt: None for one in due})
            counts = tuple(len(one) for one in due)
            self._state.apply(Judged(self._state.at, tuple(one.opt for one in due), counts))

    def compare_answers(self, at: float, answers: Mapping[int, StopRequested | None]) -> None:
        """Ask the rules what the run asked its own, in the same state, and note where the answers differ."""
        view = self.view(at)
        for opt, stop in sorted(answers.items()):
            if opt in self._settled:
                continue
            self._questions += 1
            verdict = self.answer(view, opt)
            if verdict.fired != (stop is not None):
                self._settled.add(opt)
                self._moments.append(_Moment(view, opt, at, verdict, stop.verdict if stop else None))

    def answer(self, view: RunView, opt: int) -> Verdict:
        """Return what the rules say of an optimizer; the owner of the incumbent is spared without `stop_best`.

        Raises
        ------
        PolicyError
            If a rule breaks its contract.
        """
        owner = view.best.opt if view.best else None
        spared = opt == owner and not self._state.settings.get("stop_best")
        if self._rules is None:
            return Verdict(False, NO_RULES)
        try:
            return _SPARED if spared else self._rules.ask(view, opt).written()
        except PolicyError as error:
            place = f"asked about optimizer {opt} after evaluation {view.candidates:,} of the run"
            raise PolicyError(f"{error} ({place})") from error

    def view(self, at: float) -> RunView:
        """Return the run as the rules of that moment may see it."""
        budget = self._state.settings.get("max_evaluations")
        return RunView(self._state, at, budget=budget if isinstance(budget, int) else None, history=self._history)

    def outcome(self, run_dir: Path, writer: Writer) -> WhatIf:
        """Return the comparison, with what the record knows of the time after each difference."""
        view = self.view(self._state.at)
        stopped = {moment.opt: moment.best_f for moment in self._moments if moment.verdict.fired}
        best = view.best
        best_f = float("inf") if best is None else best.f
        return WhatIf(
            run_dir=run_dir,
            rules=", then ".join(self._texts) or NO_RULES,
            recorded=str(view.settings.get("stoppers") or NO_RULES),
            standing=run_status_of(view, writer),
            questions=self._questions,
            evaluations=view.candidates,
            calls=view.calls,
            best_f=best_f,
            best_opt=None if best is None else best.opt,
            best_f_without=_best_without(view, stopped),
            differences=tuple(moment.difference(view) for moment in self._moments),
        )


_SPARED = Verdict(False, "stop_best=False", "it owned the incumbent")

_BEFORE_STOPS = (EndRequested, Asked, CheckpointClosed, Sampled)
"""Events before which a decision, if one is made, does not come to the stoppers, or is not made yet; a sample
is no part of any."""


def _is_answer(event: Event) -> TypeGuard[_Answer]:
    """Return whether an event is an answer to the question which optimizers will not win, and which should rest."""
    if isinstance(event, StopRequested):
        return event.by == By.STOPPER
    return event.by == By.FREEZER if isinstance(event, PauseRequested) else isinstance(event, Judged)


def _goes_on(answers: Sequence[Event], event: Event) -> bool:
    """Return whether an event belongs to the same decision as the answers before it; `Judged` ends each."""
    return _is_answer(event) and not isinstance(answers[-1], Judged) and event.at == answers[0].at


def _answered(answers: Sequence[_Answer]) -> dict[int, StopRequested | None]:
    """Return the optimizers that the stoppers were asked about, with their stops."""
    found: dict[int, StopRequested | None] = {}
    for event in answers:
        if isinstance(event, Judged):
            found |= dict.fromkeys(event.opts)
        else:
            found[event.opt] = event if isinstance(event, StopRequested) else None
    return found


def _best_without(view: RunView, stopped: Mapping[int, float]) -> float:
    """Return the best value of a run in which optimizers had ended at these best values."""
    return min((stopped.get(one.opt, one.best) for one in view), default=float("inf"))


class _Moment:
    """A decision that differs, before it is known what came of it."""

    def __init__(self, view: RunView, opt: int, at: float, verdict: Verdict, recorded: Verdict | None) -> None:
        one = view[opt]
        self.opt, self.verdict, self.best_f = opt, verdict, one.best
        self._at, self._recorded = at, recorded
        self._evaluation, self._opt_evaluation, self._calls = view.candidates, len(one), one.calls
        self._run_best_f = float("inf") if view.best is None else view.best.f

    def difference(self, view: RunView) -> Difference:
        """Return it with what came of it in the run `view`."""
        one, stops = view[self.opt], self.verdict.fired
        without = _best_without(view, {self.opt: self.best_f} if stops else {})
        return Difference(
            opt=self.opt,
            kind=one.kind,
            name=one.name,
            stops=stops,
            at=self._at,
            evaluation=self._evaluation,
            opt_evaluation=self._opt_evaluation,
            verdict=self.verdict,
            recorded=self._recorded,
            saved=one.calls - self._calls if stops else 0,
            best_f=self.best_f,
            best_f_end=one.best,
            run_best_f=self._run_best_f,
            run_best_f_without=without,
            incumbent_lost=view.best is not None and without > view.best.f,
            ending=row_of(one, view.calls).ending,
        )


class _AsItWas:
    """The evaluations of a journal as far as a state has come: rules must not see what came later.

    Parameters
    ----------
    history : JournalHistory
        The whole journal.
    state : RunState
        How far it has been folded.
    """

    def __init__(self, history: JournalHistory, state: RunState) -> None:
        self._history, self._state = history, state

    def rows(self, opt: int, start: int, stop: int) -> Columns:
        """Return evaluations `start` to before `stop` of optimizer `opt`, which have been made."""
        return self._history.rows(opt, start, stop)

    def extras(self, opt: int) -> tuple[tuple[Any, ...], ...]:
        """Return the further values of its detailed calls so far."""
        return self._history.extras(opt)[: len(self._state.optimizers[opt].trajectory)]

    def track(self, opt: int, place: int) -> list[Any]:
        """Return the further value at `place` of each of its evaluations so far."""
        return self._history.track(opt, place)[: len(self._state.optimizers[opt].trajectory)]
