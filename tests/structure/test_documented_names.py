"""Policies that were written for the documented interface are used as they are, from outside, under the real engine."""

from __future__ import annotations

import logging
import time

import numpy as np
import pytest

import glompo
from glompo.core.policies.rule import Rule
from glompo.exit_conditions import BaseExitCondition, MaxTotalFunctionCalls
from glompo.freezers import Freeze
from glompo.generators import RandomGenerator, SinglePointGenerator
from glompo.optimizers import RandomSampling
from glompo.selectors import BaseSelector, CycleSelector
from glompo.selectors.base import option_of
from glompo.stoppers import BaseStopper, MaxFuncCalls, MinFuncCalls
from glompo.testing import history, simulate


def task(x):
    return float(x @ x)


BOX = [(-1, 1)] * 2


class Asking(BaseExitCondition):
    """Calls a function with the manager, and ends after some calls."""

    def __init__(self, look):
        super().__init__()
        self._look = look

    def __call__(self, manager):
        self._look(manager)
        self.last_result = manager.f_counter >= 20
        return self.last_result


def looked(look, **settings):
    """Run until 20 calls, looking at the manager whenever the run asks whether it is over."""
    return glompo.minimize(task, BOX, **{"optimizers": RandomSampling(), "max_jobs": 1, "rng": 1, **settings},
                           exit_conditions=Asking(look))  # fmt: skip


def test_every_documented_name_of_the_manager_can_be_read(tmp_path):
    seen = {}

    def look(manager):
        names = [
            "f_counter", "o_counter", "conv_counter", "hunt_counter", "hunt_victims", "result", "bounds", "n_parms",
            "max_jobs", "t_start", "t_used", "opt_log",
        ]  # fmt: skip
        seen.update({name: getattr(manager, name) for name in names})

    looked(look, working_dir=tmp_path)
    assert (seen["o_counter"], seen["conv_counter"], seen["hunt_counter"], len(seen["hunt_victims"])) == (1, 0, 0, 0)
    assert (seen["n_parms"], seen["max_jobs"], seen["bounds"].tolist()) == (2, 1, [[-1, 1], [-1, 1]])
    assert seen["f_counter"] >= 20
    assert seen["t_used"] >= 0


def test_the_time_of_day_at_which_the_session_began_is_told_and_recorded(tmp_path):
    told = []
    before = time.time()
    looked(lambda manager: told.append(manager.t_start), working_dir=tmp_path)
    assert len(set(told)) == 1
    assert before <= told[0] <= time.time()
    assert glompo.read.load(tmp_path).view.session_wall == told[0]


def test_a_resumed_run_tells_when_its_present_session_began(tmp_path):
    told = []
    settings = {"optimizers": RandomSampling(), "max_jobs": 1, "rng": 1, "working_dir": tmp_path, "resume": "auto"}
    glompo.minimize(task, BOX, max_evaluations=10, **settings)
    between = time.time()
    looked(lambda manager: told.append((manager.t_start, manager.t_used)), **settings)
    assert all(start >= between for start, _ in told)
    assert [used for _, used in told] == sorted(used for _, used in told)


def test_on_a_virtual_clock_the_time_of_day_is_the_same_each_time():
    told = []
    for _ in range(2):
        simulate([RandomSampling], Asking(lambda manager: told.append(manager.t_start)))
    assert len(set(told)) == 1


def test_the_result_of_the_manager_has_attributes_items_and_unpacks():
    run = history(slots=2)
    x, fx, _, origin = run.manager().result
    assert (x, fx, origin) == (None, np.inf, {"opt_id": None, "type": None})
    one = run.start()
    run.evaluate(one, [3.0, 2.0])
    found = run.manager().result
    x, fx, _, origin = found
    assert found.fx == found["fx"] == fx == 2.0
    assert found.x is found["x"] is x
    assert found.origin == {"opt_id": 1, "type": origin["type"]}
    assert found.stats == {"f_evals": 2, "opts_started": 1, "opts_killed": 0, "opts_conv": 0, "end_cond": None}
    with pytest.raises(KeyError, match="the result has no 'message'; it has x, fx, stats, origin"):
        found["message"]


def test_the_result_of_a_run_unpacks(tmp_path):
    result = looked(lambda manager: None, working_dir=tmp_path)
    x, fx, stats, origin = result
    assert (x is result.x, fx, stats, origin) == (True, result.fx, result.stats, result.origin)
    assert set(stats) == {"f_evals", "opts_started", "opts_killed", "opts_conv", "end_cond"}
    assert set(origin) == {"opt_id", "type"}
    assert dict(result)["nfev"] == result.nfev
    assert "message" in result
    assert "hess" not in result


def test_the_log_can_be_counted_and_searched():
    run = history(slots=2)
    log = run.log()
    assert (len(log), list(log), 1 in log) == (0, [], False)
    one, _ = run.start(), run.start()
    run.evaluate(one, [3.0, np.inf, 2.0])
    log = run.log()
    assert (len(log), log.n_optimizers, list(log)) == (2, 2, [1, 2])
    assert 1 in log
    assert 3 not in log
    assert log.len(1) == 3
    assert log.largest_eval == 3.0
    assert log.get_best_iter(1)["fx"] == log.get_best_iter()["fx"] == 2.0


def test_facts_about_optimizers_go_by_their_documented_keys():
    run = history(slots=2)
    one = run.start()
    run.evaluate(one, [1.0])
    run.converge(one)
    facts = {key: run.log().get_metadata(one, key) for key in ("opt_id", "opt_type", "t_start", "t_stop", "end_cond")}
    assert facts["opt_type"] == run.log().get_metadata(one, "type") == run.view()[one].kind
    assert facts["t_start"] <= facts["t_stop"]
    assert facts["end_cond"].startswith("converged")
    for key in ("workers", "slots", "x0", "bounds", "messages"):
        run.log().get_metadata(one, key)


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        (MinFuncCalls(3), "glompo.stopper"),
        (MaxTotalFunctionCalls(3), "glompo.exitcondition"),
        (RandomGenerator(), "glompo.generator"),
        (CycleSelector(RandomSampling), "glompo.selector"),
        (Freeze(ftol=0.1), "glompo.freezer"),
    ],
)
def test_every_policy_has_a_logger_which_is_no_setting(policy, name):
    assert policy.logger is logging.getLogger(name)
    shown = str(policy)
    policy.logger = logging.getLogger("mine")
    assert (policy.logger.name, str(policy)) == ("mine", shown)


def test_every_rule_has_its_last_result_which_it_may_set_itself():
    stopper, run = MinFuncCalls(2), history(slots=2)
    assert stopper.last_result is None
    run.evaluate(run.start(), [1.0])
    stopper.ask(run.view(), 1)
    assert stopper.last_result is False
    stopper.last_result = True
    assert "last_result" not in str(stopper)
    stopper.reset()
    assert stopper.last_result is None


class Documented(BaseStopper):
    """In the documented form, with an answer of its own."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def __call__(self, log, best_opt_id, tested_opt_id):
        return self.answer


def answered(rule: Rule, documented: bool) -> str:
    run = history(slots=2)
    run.evaluate(run.start(), [1.0])
    if documented:
        rule(run.log(), 1, 1)
    else:
        rule.ask(run.view(), 1)
    return rule.str_with_result().replace("Documented(answer=True)", "yes").replace("Documented(answer=False)", "no")


@pytest.mark.parametrize("documented", [False, True])
@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (~Documented(True), "~yes = False"),
        (~Documented(False), "~no = True"),
        (~~Documented(True), "~~yes = True"),
        (Documented(False) & Documented(True), "(no = False & yes = None)"),
        (Documented(True) | Documented(True), "(yes = True | yes = None)"),
        (Documented(True) & ~Documented(True), "(yes = True & ~yes = False)"),
        (~(Documented(True) & Documented(False)), "~(yes = True & no = False)"),
        ((Documented(False) & ~Documented(False)) | ~Documented(False), "((no = False & ~no = None) | ~no = True)"),
    ],
)
def test_a_rule_is_told_with_what_each_of_its_terms_answered(rule, told, documented):
    assert answered(rule, documented) == told
    assert answered(rule, documented) == told  # nothing is left of the time before


def test_a_rule_that_was_not_asked_says_so():
    assert (~MaxFuncCalls(3)).str_with_result() == "~MaxFuncCalls(max_pts=3) = None"


class Pick(BaseSelector):
    """As the documentation writes it: looks into the options, and asks the spawn control itself."""

    def select_optimizer(self, manager, slots_available):
        self.logger.debug("choosing")
        if not self.allow_spawn(manager):
            return False
        for cls, init, call in self.avail_opts:
            if init["workers"] <= slots_available:
                return cls, init, call
        return None


def test_options_of_a_selector_unpack_as_documented(tmp_path):
    selector = Pick((RandomSampling, {"iters": 20}), RandomSampling(30, workers=2))
    first, second = selector.avail_opts
    assert tuple(first) == (RandomSampling, {"iters": 20, "workers": 1}, {})
    assert second[:2] == (RandomSampling, {"iters": 30, "workers": 2})
    cls, init, call = second
    assert option_of((cls, init, call)).slots == 2
    assert len(second) == 3
    result = glompo.minimize(task, BOX, opt_selector=selector, max_evaluations=50, max_jobs=2, working_dir=tmp_path)
    assert {row.config["iters"] for row in result.optimizers} == {20}


def test_a_spawn_control_can_be_asked_by_the_selector():
    run = history(slots=2)
    assert CycleSelector(RandomSampling).allow_spawn(run.manager())
    assert not CycleSelector(RandomSampling, allow_spawn=lambda manager: manager.o_counter > 0).allow_spawn(
        run.manager()
    )


def test_what_is_forced_into_a_saved_optimizer_may_be_a_function(tmp_path):
    class Retention(RandomSampling):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.shape = lambda x: x + 1

    Retention().checkpoint_save(tmp_path / "state", force={"shape"})
    assert Retention.checkpoint_load(tmp_path / "state").shape(1) == 2


def test_a_generator_and_its_point_are_used_as_documented():
    run = history(bounds=[(0, 1)])
    assert SinglePointGenerator([0.5]).generate(run.manager()).tolist() == [0.5]
