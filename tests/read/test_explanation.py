"""Why an optimizer started, what was decided about it, and why it ended, told from the record alone."""

from __future__ import annotations

import re

import pytest

import glompo
from glompo.errors import SettingError
from glompo.events import Asked, Noted, PauseRequested
from glompo.events.verdict import Verdict
from glompo.optimizers import RandomSampling
from glompo.problems import Rastrigin
from glompo.read import load
from glompo.read.explanation import STRETCHES, explanation
from glompo.read.life import Question, Stretch
from glompo.read.verdict_lines import verdict_lines
from glompo.stoppers import BaseStopper, BestUnmoving, MaxFuncCalls, MinFuncCalls
from glompo.testing.histories import history

from .runs import finish, record

RULES = MinFuncCalls(40) & BestUnmoving(1000) | MaxFuncCalls(90)


class Impatient(BaseStopper):
    def __call__(self, log, best_opt_id, tested_opt_id):
        return False


def run(run_dir, stoppers):
    task = Rastrigin(dims=2)
    optimizers = [RandomSampling(), RandomSampling()]
    settings = {"stoppers": stoppers, "deterministic": True, "max_jobs": 2, "rng": 2}
    return glompo.minimize(
        task, task.bounds, optimizers=optimizers, max_evaluations=300, working_dir=run_dir, **settings
    )


def stopped(result):
    """Return the number of an optimizer that was stopped by its rules."""
    return next(row.opt_id for row in result.optimizers if row.stopped_by == "stopper")


def test_rules_are_asked_again_for_the_numbers_they_saw(tmp_path):
    opt = stopped(run(tmp_path, RULES))
    told = glompo.explain(tmp_path, opt)
    assert re.search(r"no  MinFuncCalls\(min_pts=40\): [123]\d calls, at least 40 are asked for", told)
    assert re.search(r"answers changed at its evaluation [4-7]\d ", told)  # MinFuncCalls holds from here on
    assert re.search(r"yes MinFuncCalls\(min_pts=40\): [4-7]\d calls, at least 40 are asked for", told)
    assert "asked to stop by the stoppers" in told
    ended = told[told.index("asked to stop by the stoppers") :]
    assert "yes one of" in ended
    assert "no  all of" in ended
    assert "yes MaxFuncCalls(max_pts=90): " in ended


def test_the_rules_of_the_default_portfolio_are_asked_again(tmp_path):
    task = Rastrigin(dims=2)
    glompo.minimize(task, task.bounds, max_evaluations=300, deterministic=True, rng=2, working_dir=tmp_path)
    assert "CatchUp" in glompo.explain(tmp_path, 1)
    assert glompo.what_if(tmp_path).first is None


def test_chapters_stand_in_the_order_of_the_life(tmp_path):
    result = run(tmp_path, RULES)
    told = load(tmp_path).explain(1)
    words = ["started", "waited", "judged", "evaluated", "ended", "the run"]
    places = [told.index(f"\n{word}") for word in words]
    assert places == sorted(places)
    assert told.startswith("optimizer 1 (RandomSampling): ")
    assert f"best of the run {result.fx:.8g}, found by" in told
    assert f"{result.optimizers[0].best_f:.8g} at its evaluation" in told


def test_rules_of_the_users_own_have_to_be_given(tmp_path):
    run(tmp_path, Impatient())
    assert "what they saw cannot be told: " in glompo.explain(tmp_path, 1)
    assert "Impatient" in glompo.explain(tmp_path, 1)
    assert "cannot be told" not in glompo.explain(tmp_path, 1, Impatient())


def test_a_run_without_stoppers_says_so(tmp_path):
    run(tmp_path, [])
    assert "never: the run has no stoppers" in glompo.explain(tmp_path, 1)


def test_requests_and_lines_of_the_log_are_told_and_foreign_text_does_no_harm(tmp_path):
    made = history()
    opt = made.start()
    made.happen(Asked(made.now, "pause", "me\x1b[2J@home", opt))
    made.happen(PauseRequested(made.now, opt, "user", Verdict(True, "user", "asked")))
    for n in range(50):
        made.happen(Noted(made.now, opt, f"line {n} \x1b[1m"))
    finish(made)
    told = load(record(tmp_path, made)).explain(opt)
    assert "\x1b" not in told
    assert "pause was asked for by me\\x1b[2J@home" in told
    assert "was put to rest by the user" in told
    assert "said: line 0 " in told
    assert "said: line 49 " in told
    assert "... 32 more" in told
    assert "line 25" not in told


def test_what_failed_is_told_by_cause(tmp_path):
    made = history()
    opt = made.start()
    made.evaluate(opt, [float("nan"), 3.0, 2.0])
    made.crash(opt, "ValueError: no luck")
    told = load(record(tmp_path, finish(made))).explain(opt)
    assert "3 times; not ok: 1 " in told
    assert "it raised an error" in told
    assert "ValueError: no luck" in told


def test_a_living_optimizer_has_not_ended(tmp_path):
    made = history()
    opt = made.start()
    assert "not yet: " in load(record(tmp_path, made)).explain(opt)


@pytest.mark.parametrize("opt", [0, 3])
def test_an_optimizer_that_is_not_there_is_refused(tmp_path, opt):
    made = history()
    made.start()
    with pytest.raises(SettingError, match=f"has no optimizer {opt}; it has 1 to 1"):
        load(record(tmp_path, made)).explain(opt)


def test_thousands_of_answers_are_condensed(tmp_path):
    made = history()
    opt = made.start()
    made.evaluate(opt, [1.0] * 10)
    made.judge(opt)
    read = load(record(tmp_path, made))
    many = []
    for n in range(1000):
        question = Question(0.0, n, Verdict(False, f"Rule{n % 2}", f"number {n}"))
        many.append(Stretch(question, question))
    told = explanation(read.run_dir, read.view, read.result, read.events, opt, lambda one: many)
    assert told.count("number") == STRETCHES + ("its best value is number" in told)
    assert "... 992 further changes of the answers ..." in told
    assert "number 999" in told


def test_a_negation_is_told_as_such():
    inner = Verdict(True, "OptimizerType(X)", "it is one")
    assert list(verdict_lines(Verdict(False, "~OptimizerType(X)", parts=(inner,)))) == [
        "no  not",
        "    yes OptimizerType(X): it is one",
    ]
