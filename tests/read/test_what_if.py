"""Other stopping rules on recorded runs: the same rules differ nowhere, others differ where a run with them would."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo import stoppers
from glompo.core.policies.rule_expression import rule_in
from glompo.errors import CorruptJournalError, PolicyError, SettingError, SettingTypeError, UserError
from glompo.events import EndRequested, Judged, PauseRequested, SessionOpened, Stopped, StopRequested
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.freezers import Freeze
from glompo.manager.other_rules import bundled
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.problems import Rastrigin
from glompo.read import WhatIf
from glompo.stoppers import (
    BaseStopper,
    BestUnmoving,
    CatchUp,
    Duplicate,
    EvaluationsUnmoving,
    Horizon,
    LastPointsInvalid,
    MaxFuncCalls,
    MinFuncCalls,
    OptimizerRegime,
    OptimizerType,
    Outdated,
    ParameterDistance,
    RungRace,
    StepSize,
    TimeAnnealing,
    ValueAnnealing,
)
from glompo.storage.journal import Journal
from glompo.storage.lease import Lease
from glompo.storage.segments import segment_path
from glompo.testing import Kill, PowerCut, simulate, simulated_run
from glompo.testing.histories import history

from ..histories.made import HERE
from .runs import record, segment

GOLDEN = BestUnmoving(20, 0.01) | ValueAnnealing() & BestUnmoving(10)

RULES = [
    BestUnmoving(20),
    ~OptimizerType("RandomSampling") & BestUnmoving(35),
    MinFuncCalls(20) & ValueAnnealing(),
    TimeAnnealing(4) & MinFuncCalls(20),
    ~OptimizerType("CMAOptimizer") & MaxFuncCalls(40),
    EvaluationsUnmoving(20, 0.05) | ParameterDistance(relative_distance=0.05),
    RungRace(first=10, min_starts=2),
]

OTHERS = {
    "plain": {},
    "sharing": {"share": True},
    "lockstep": {"lockstep": True, "stopper_interval": 7},
    "the best too": {"stop_best": True, "stopper_interval": 3},
    "resting": {"freezer": Freeze(0.5, 250, min_evals=15, every=5)},
}


def task(x):
    """Return a rippled bowl."""
    return float(x @ x + 3 * np.sin(5 * x).sum())


@cache
def simulated(rules, manner):
    """Return the events of a run with the rules of that number in :data:`RULES`."""
    options = [CMAOptimizer(), RandomSampling(), Scipy("Nelder-Mead")]
    ends = MaxTotalFunctionCalls(200)
    settings = {"stoppers": RULES[rules], "rng": 1, **OTHERS[manner]}
    return simulate(options, ends, task=task, max_jobs=3, **settings).events


def written(run_dir: Path, events, **spec) -> Path:
    """Write the journal of a run with these settings, all events of a decision in one record."""
    opened, *others = events
    with Journal.create(run_dir, durability="none") as journal:
        journal.append([replace(opened, spec=spec), *others])
    return run_dir


def spec_of(manner):
    return {name: value for name, value in OTHERS[manner].items() if name in ("stop_best", "stopper_interval")}


RUNS = [(rules, "plain") for rules in range(len(RULES))] + list(zip([4, 2, 0, 1], list(OTHERS)[1:], strict=True))


@pytest.mark.parametrize(("rules", "manner"), RUNS)
def test_the_rules_of_the_run_differ_in_no_decision(tmp_path, rules, manner):
    events, text = simulated(rules, manner), str(RULES[rules])
    stops = [event for event in events if isinstance(event, StopRequested) and event.by == "stopper"]
    asked = len(stops) + sum(len(event.opts) for event in events if isinstance(event, Judged))
    found = glompo.what_if(written(tmp_path, events, stoppers=text, **spec_of(manner)))
    assert (found.differences, found.rules, found.recorded) == ((), text, text)
    assert found.questions >= asked > 0
    assert stops
    assert glompo.what_if(tmp_path, RULES[rules]).first is None


@pytest.mark.parametrize(("rules", "manner"), [run for run in RUNS if run[1] != "resting"])
def test_the_first_difference_is_where_a_run_with_the_other_rules_goes_another_way(tmp_path, rules, manner):
    other = (rules + 1) % len(RULES)
    ours, theirs = simulated(rules, manner), simulated(other, manner)
    first = glompo.what_if(written(tmp_path, ours, **spec_of(manner)), RULES[other]).first
    ours, theirs = next((a, b) for a, b in zip(ours, theirs, strict=False) if _put(a) != _put(b))
    decided = theirs if first.stops else ours
    assert isinstance(decided, StopRequested)
    assert (first.opt, first.at) == (decided.opt, decided.at)
    if first.stops:
        assert (first.verdict, first.recorded) == (decided.verdict, None)
    else:
        assert (first.verdict.fired, first.recorded) == (False, decided.verdict)


def _put(event):
    """Return an event as what both runs must share: a stop without the rule that gave it."""
    if isinstance(event, Stopped):
        return event.opt
    if isinstance(event, SessionOpened):
        return event.session  # how far the rules look back is another number
    return (event.opt, event.by) if isinstance(event, StopRequested) else str(event)


@pytest.fixture(scope="module")
def unstopped(tmp_path_factory):
    """Return a deterministic run without stoppers."""
    return minimized(tmp_path_factory.mktemp("unstopped"), [])


def minimized(run_dir, stoppers, **settings):
    problem = Rastrigin(dims=2)
    given = {"optimizers": [CMAOptimizer(), RandomSampling()], "max_evaluations": 400, "max_jobs": 3, **settings}
    given |= {"rng": 1, "deterministic": True, "working_dir": run_dir, "stoppers": stoppers}
    return glompo.minimize(problem, problem.bounds, **given)


def test_in_a_run_without_stoppers_the_rules_are_asked_when_those_of_the_run_would_have_been(unstopped, tmp_path):
    rules = MaxFuncCalls(55) | MinFuncCalls(30) & BestUnmoving(15)
    first = glompo.what_if(unstopped.run_dir, rules).first
    stopped = minimized(tmp_path, rules)
    events = list(glompo.read.load(stopped.run_dir).events)
    real = next(event for event in events if isinstance(event, StopRequested))
    before = events[: events.index(real)]
    assert (first.opt, first.verdict) == (real.opt, real.verdict)
    assert first.evaluation == sum(len(event.f) for event in before if type(event).__name__ == "Evaluated")
    assert glompo.what_if(unstopped.run_dir).first is None


def test_the_usual_rules_differ_in_no_decision(tmp_path):
    result = minimized(tmp_path, None, optimizers=CMAOptimizer(), max_evaluations=900)
    assert result.stats["opts_killed"]
    assert glompo.what_if(tmp_path).first is None
    assert glompo.what_if(tmp_path, OptimizerType("CMAOptimizer") & CatchUp()).first is None
    assert glompo.what_if(tmp_path, CatchUp(kappa=1)).rules == "CatchUp(kappa=1.0, min_evals=None, every=None)"


def test_a_resumed_run_is_asked_with_the_rules_of_each_session(tmp_path):
    minimized(tmp_path, MaxFuncCalls(40), max_evaluations=150)
    minimized(tmp_path, BestUnmoving(20), max_evaluations=350, resume="must")
    found = glompo.what_if(tmp_path)
    assert found.first is None
    assert found.rules == "MaxFuncCalls(max_pts=40), then BestUnmoving(calls=20, tol=0.0)"
    assert glompo.what_if(tmp_path, MaxFuncCalls(40)).first is not None


def test_a_golden_history_is_what_its_rules_made_of_it(tmp_path):
    segment_path(tmp_path, 1).parent.mkdir()
    shutil.copy(HERE / "1-sharing.journal", segment_path(tmp_path, 1))
    found = glompo.what_if(tmp_path, GOLDEN)
    assert found.first is None
    assert found.questions > 0


def test_a_run_that_was_killed_and_resumed_is_what_its_rules_made_of_it(tmp_path):
    rules = BestUnmoving(12, 0.05)
    run = simulated_run(3, [Kill(append=9, later=0.01), PowerCut(append=17, part=0.5, kept=0.6)], stoppers=rules)
    assert sum(isinstance(event, SessionOpened) for event in run.events) == 3
    assert any(isinstance(event, StopRequested) and event.by == "stopper" for event in run.events)
    with Journal.create(tmp_path, durability="none") as journal:
        journal.append(run.events)
    assert glompo.what_if(tmp_path, rules).first is None


STOP = Verdict(True, "Own()", "it was time")


def course():
    """Return a run by hand: optimizer 2 takes the lead late, 3 is stopped, and 1 leads until then."""
    run = history(bounds=[(0, 1)], slots=3)
    for kind in ("Alpha", "Beta", "Gamma"):
        run.start(kind)
    run.evaluate(1, [3.0] * 10)
    run.evaluate(2, [9.0] * 10)
    run.evaluate(3, [8.0] * 10)
    run.happen(StopRequested(run.now, 3, "stopper", STOP))
    run.happen(Judged(run.now, (1, 2), (10, 10)))
    run.evaluate(2, [5.0] * 4 + [1.0])
    run.evaluate(1, [2.0] * 2)
    return run


def test_what_is_saved_and_what_is_lost_is_told_from_the_record(tmp_path):
    found = glompo.what_if(written(tmp_path, course().events), MinFuncCalls(10))
    [one] = found.differences
    assert (one.opt, one.kind, one.stops, one.evaluation, one.opt_evaluation) == (2, "Beta", True, 30, 10)
    assert (one.saved, one.best_f, one.best_f_end, one.run_best_f) == (5, 9.0, 1.0, 3.0)
    assert (one.incumbent_lost, one.run_best_f_without, one.recorded, one.ending) == (True, 2.0, None, "alive")
    assert (found.saved, found.incumbent_lost, found.best_f_without, found.questions) == (5, True, 2.0, 3)
    told = str(found)
    assert "after evaluation 30 of the run: optimizer 2 (Beta), after its evaluation 10" in told
    assert "would be stopped because MinFuncCalls(min_pts=10): 10 calls" in told
    assert "saves at most 5 evaluations" in told
    assert "loses the incumbent of the end, which it found afterwards: 2 remains" in told


def test_an_optimizer_that_would_go_on_is_told_with_both_reasons(tmp_path):
    found = glompo.what_if(written(tmp_path, course().events), [])
    [one] = found.differences
    assert (one.opt, one.stops, one.saved, one.incumbent_lost, one.recorded) == (3, False, 0, False, STOP)
    assert "was stopped because Own(): it was time" in str(found)
    assert "would go on: no rules" in str(found)
    assert "what 1 optimizer would have found on going on is not on record" in str(found)


def test_the_owner_of_the_incumbent_is_asked_about_only_if_it_may_be_stopped(tmp_path):
    spared = glompo.what_if(written(tmp_path / "spared", course().events), MinFuncCalls(1))
    free = glompo.what_if(written(tmp_path / "free", course().events, stop_best=True), MinFuncCalls(1))
    assert [one.opt for one in spared.differences] == [2]
    assert [one.opt for one in free.differences] == [1, 2]


def test_an_optimizer_that_was_put_to_rest_was_let_go_on(tmp_path):
    run = history(bounds=[(0, 1)], slots=2)
    run.start(), run.start()
    run.evaluate(1, [1.0] * 10)
    run.evaluate(2, [2.0] * 10)
    run.happen(PauseRequested(run.now, 2, "freezer", STOP))
    run.happen(Judged(run.now, (1,), (10,)))
    [one] = glompo.what_if(written(tmp_path, run.events), MinFuncCalls(10)).differences
    assert (one.opt, one.stops) == (2, True)


class Remembering(BaseStopper):
    """Notes what it is shown."""

    def __init__(self):
        self._seen = []

    def judge(self, view, opt=None):
        one = view[opt]
        self._seen.append((view.calls, view.now, len(one), len(one.trajectory.rows(0)), len(one.trajectory.extras)))
        return self.verdict(False, "it only looks")


def test_the_rules_are_shown_what_was_known_then_and_nothing_later(tmp_path):
    rule = Remembering()
    glompo.what_if(written(tmp_path, course().events), rule)
    assert [(calls, *lengths) for calls, _, *lengths in rule._seen] == [(30, 10, 10, 0)] * 2
    events = course().events
    assert {now for _, now, *_ in rule._seen} == {event.at for event in events if isinstance(event, Judged)}


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_is_only_read_also_while_it_goes_on_or_after_its_end_was_torn_off(tmp_path):
    events = course().events
    with Journal.create(tmp_path, durability="none") as journal:
        journal.append(events[:-1])
        with Lease.acquire(tmp_path):
            before = contents(tmp_path)
            alive = glompo.what_if(tmp_path, MinFuncCalls(10))
            assert contents(tmp_path) == before
        journal.append(events[-1:])
    torn = segment(tmp_path).read_bytes()[:-1]
    segment(tmp_path).write_bytes(torn)
    killed = glompo.what_if(tmp_path, MinFuncCalls(10))
    assert (alive.standing, killed.standing) == ("running", "killed")
    assert [one.saved for one in alive.differences] == [one.saved for one in killed.differences] == [5]
    assert segment(tmp_path).read_bytes() == torn


def test_a_run_that_ends_asks_no_stopper_any_more(tmp_path):
    run = history(bounds=[(0, 1)], slots=2)
    run.start(), run.start()
    run.evaluate(1, [1.0] * 10)
    run.evaluate(2, [2.0] * 10)
    run.happen(EndRequested(run.now, STOP))
    run_dir = record(tmp_path, run, stoppers=None, freezer=None)
    found = glompo.what_if(run_dir, MinFuncCalls(10))
    assert (found.first, found.questions, found.rules) == (None, 1, "MinFuncCalls(min_pts=10)")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("CatchUp(kappa=1", SettingError, "'CatchUp\\(kappa=1' cannot be read"),
        ("CatchUp + MaxFuncCalls(5)", SettingError, "'CatchUp \\+ MaxFuncCalls\\(5\\)' is no rule"),
        ("CatchUp(kappa=open())", SettingError, "'open\\(\\)' is no plain value"),
        ("CatchUp(kappa=-1)", UserError, "kappa is -1"),
        ("CatchUp(speed=1)", SettingError, "CatchUp cannot be made of the settings"),
        ("Ketchup", SettingError, "no stopper 'Ketchup'; it has BestUnmoving"),
        ("TimeLimit(5)", SettingError, "TimeLimit is an exit condition, which answers for the run"),
        ("~" * 9000 + "CatchUp", SettingError, "the rules"),
        (MaxTotalFunctionCalls(5), SettingTypeError, "is an exit condition"),
        (5, SettingTypeError, "stoppers is 5"),
    ],
)
def test_what_is_no_stopper_is_refused_with_the_remedy(tmp_path, given, error, message):
    with pytest.raises(error, match=message):
        glompo.what_if(written(tmp_path, course().events), given)


def test_a_rule_of_the_user_that_the_record_cannot_give_again_is_named(tmp_path):
    written(tmp_path, course().events, stoppers="Impatient(after=5)")
    with pytest.raises(SettingError, match=r"rules Impatient\(after=5\) cannot be made again.*--stoppers"):
        glompo.what_if(tmp_path)
    assert glompo.what_if(tmp_path, Remembering()).first is not None


def test_a_record_that_does_not_say_which_rules_there_were_needs_some(tmp_path):
    with pytest.raises(SettingError, match="does not say which stoppers it had; give the rules"):
        glompo.what_if(written(tmp_path, course().events))


def test_a_directory_without_a_run_and_a_damaged_journal_are_refused(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        glompo.what_if(tmp_path)
    record(tmp_path, course())
    data = bytearray(segment(tmp_path).read_bytes())
    data[200] ^= 1
    segment(tmp_path).write_bytes(data)
    with pytest.raises(CorruptJournalError):
        glompo.what_if(tmp_path, [])


def test_a_rule_that_fails_is_named(tmp_path):
    class Faulty(BaseStopper):
        def judge(self, view, opt=None):
            raise ValueError("it was never tried")

    with pytest.raises(PolicyError, match=r"Faulty.*never tried.*about optimizer 2 after evaluation 30 of the run"):
        glompo.what_if(written(tmp_path, course().events), Faulty())


def test_text_gives_the_rule_that_the_same_expression_gives(tmp_path):
    text = "(CatchUp(kappa=1) | ~MaxFuncCalls(500)) & OptimizerType(CMAOptimizer)"
    rule = (CatchUp(kappa=1) | ~MaxFuncCalls(500)) & OptimizerType("CMAOptimizer")
    run_dir = written(tmp_path, course().events)
    found: list[WhatIf] = [glompo.what_if(run_dir, one) for one in (text, rule, str(rule))]
    assert {one.rules for one in found} == {str(rule)}


EXAMPLES = {
    "BestUnmoving": BestUnmoving(20, 0.1),
    "CatchUp": CatchUp(),
    "Duplicate": Duplicate(),
    "EvaluationsUnmoving": EvaluationsUnmoving(20),
    "Horizon": Horizon(),
    "LastPointsInvalid": LastPointsInvalid(),
    "MaxFuncCalls": MaxFuncCalls(5),
    "MinFuncCalls": MinFuncCalls(5),
    "OptimizerRegime": OptimizerRegime("base"),
    "OptimizerType": OptimizerType(RandomSampling),
    "Outdated": Outdated(),
    "ParameterDistance": ParameterDistance([(-1, 1), (0, 1e-300)], 0.1),
    "RungRace": RungRace(),
    "StepSize": StepSize(calls=10),
    "TimeAnnealing": TimeAnnealing(),
    "ValueAnnealing": ValueAnnealing(),
}


@pytest.mark.parametrize("name", [name for name in stoppers.__all__ if not name.startswith("Base")])
def test_each_stopper_of_the_library_can_be_made_again_from_what_the_record_says(name):
    rule = ~EXAMPLES[name] & (MaxFuncCalls(7) | EXAMPLES[name])
    again = rule_in(str(rule), bundled)
    assert str(again) == str(rule)
    assert [vars(leaf).keys() for leaf in again] == [vars(leaf).keys() for leaf in rule]


def test_a_text_may_name_a_class_by_its_import_path_and_hold_any_plain_value():
    given = []

    def leaf(name, args, settings):
        given.append((name, args, dict(settings)))
        return MaxFuncCalls(1)

    rule_in("pkg.mod:Own(-inf, 'a:b', [1, (2, 3)], calls=pkg.mod:f) | Other | A(x=None, y=-2.5)", leaf)
    assert given == [
        ("pkg.mod:Own", (-np.inf, "a:b", [1, [2, 3]]), {"calls": "pkg.mod:f"}),
        ("Other", (), {}),
        ("A", (), {"x": None, "y": -2.5}),
    ]
