"""Optimizers that save themselves, and come back by that or by another way."""

import os
import pickle
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import glompo
from glompo.events import Diverged, IncumbentTaken, NotSaved, Recovered, Restored, Saved, SaveRequested
from glompo.optimizers import (
    CMAES,
    AdaptiveRateMonteCarlo,
    CMAOptimizer,
    FunctionOptimizer,
    GridSampling,
    Nevergrad,
    RandomSampling,
    Scipy,
)
from glompo.problems import Rastrigin
from glompo.worker import saved_state as saving

from .paths import BOX, Continued, Promised, Walk, evaluated, states_lie_in, those

STEPPERS = [
    CMAOptimizer(workers=2),
    RandomSampling,
    GridSampling(4),
    AdaptiveRateMonteCarlo,
    CMAES,
    Nevergrad,
    CMAOptimizer(surrogate=True),
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(optimizers, budget, name="run", task=None, **settings):
    slots = (
        sum(one.workers if isinstance(one, glompo.BaseOptimizer) else 1 for one in optimizers)
        if isinstance(optimizers, list)
        else 1
    )
    usual = {
        "rng": 5, "deterministic": True, "resume": "auto", "stoppers": (), "save_states_every": 20, "max_jobs": slots,
        "resume_task": "changed",
    }  # fmt: skip
    return glompo.minimize(
        task or Rastrigin(3),
        BOX,
        optimizers=optimizers,
        max_evaluations=budget,
        working_dir=name,
        **{**usual, **settings},
    )


def ways(name="run"):
    return [(event.opt, event.way) for event in those(name, Recovered)]


class Interrupts:
    """A task that asks the process of the run to leave after so many of its evaluations here."""

    def __init__(self, task, after):
        self.task, self.left, self.pid = task, after, os.getpid()

    def __call__(self, x):
        self.left -= 1
        if self.left == 0:
            os.kill(self.pid, signal.SIGINT)
        return self.task(x)


@pytest.mark.parametrize(
    ("backend", "steppers", "after", "calls"), [("threads", STEPPERS, 500, 1400), ("processes", STEPPERS[:3], 90, 300)]
)
def test_who_goes_on_from_a_saved_state_does_what_it_would_have_done(backend, steppers, after, calls):
    left = run(steppers, calls, backend=backend, task=Interrupts(Rastrigin(3), after))
    assert left.status == "left"
    assert left.nfev < calls
    run(steppers, calls, backend=backend)
    run(steppers, calls, name="whole", save_states_every=None)
    assert len(ways()) >= len(steppers) - 1
    assert {way for _, way in ways()} == {"saved state"}
    assert evaluated("run") == evaluated("whole")
    assert not those("run", Diverged)


def test_only_the_end_of_the_record_is_gone_through_again():
    asked = []

    def task(x):
        return float(x @ x)

    class Counted(Promised):
        def minimize(self, function, x0, bounds):
            def counted(x):
                asked.append(x)
                return function(x)

            return super().minimize(counted, x0, bounds)

    run(Counted, 95, task=task)
    assert len(asked) == 95
    asked.clear()
    saved = those("run", Saved)[-1].k
    run(Counted, 120, task=task)
    assert len(asked) == 120 - saved <= 120 - 75


def nan_at_one_side(x):
    return float("nan") if x[0] > 4 else float(x @ x)


def test_points_of_others_and_the_worst_value_belong_to_what_is_remembered():
    settings = {"share_best_solutions": True, "failure_policy": "worst_seen", "max_failure_rate": 1.0}
    optimizers = [AdaptiveRateMonteCarlo, CMAOptimizer, RandomSampling]
    run(optimizers, 800, task=Interrupts(nan_at_one_side, 400), **settings)
    run(optimizers, 800, task=nan_at_one_side, **settings)
    run(optimizers, 800, name="whole", task=nan_at_one_side, **settings)
    assert those("run", IncumbentTaken)
    assert {way for _, way in ways()} == {"saved state"}
    assert evaluated("run") == evaluated("whole")


def test_states_that_were_replaced_are_removed_and_the_last_ones_stay():
    run([Promised, RandomSampling], 300)
    last = {event.opt: event.blob for event in those("run", Saved)}
    assert len(those("run", Saved)) > 8
    assert states_lie_in("run") == set(last.values())


def test_the_keys_of_the_documented_signals_are_returned():
    heard = []

    class Listens(Promised):
        def check_messages(self):
            keys = super().check_messages()
            heard.extend(keys)
            return keys

    class Declines(Scipy):
        def check_messages(self):
            keys = super().check_messages()
            heard.extend(keys)
            return keys

    run(Listens, 50)
    assert heard[:2] == [2, 0]
    heard.clear()
    run(Declines("Nelder-Mead"), 50, name="other")
    assert heard[:2] == [2, 3]
    assert {event.failed for event in those("other", NotSaved)} == {False}


def test_one_that_says_nothing_about_saving_is_replayed_for_its_state_may_be_worth_nothing():
    run(Walk, 90)
    assert those("run", Saved)
    run(Walk, 150)
    assert ways() == [(1, "replay")]
    run(Walk, 150, name="whole")
    assert evaluated("run") == evaluated("whole")


class Fickle(Continued):
    """It is not deterministic from the start: replaying it does not work."""

    sessions = 0

    def begin(self, function, x0):
        if not self.is_restart:
            type(self).sessions += 1
            function(np.array(x0) / type(self).sessions)
        super().begin(function, x0)


def test_where_replay_fails_a_state_is_used_that_stands_the_comparison():
    Fickle.sessions = 0
    run(Fickle, 95)
    run(Fickle, 150)
    (diverged,) = those("run", Diverged)
    assert (diverged.way, diverged.at_k, diverged.then) == ("replay", 0, "saved state")
    assert diverged.distance > 0
    assert ways() == [(1, "saved state")]


class Liar(Walk):
    """It promises to go on, and begins again."""

    def checkpoint_save(self, path, force=None, block=None):
        super().checkpoint_save(path, force, block)


def test_a_broken_promise_is_found_out_by_the_record_and_replay_helps():
    run(Liar, 95)
    run(Liar, 150)
    (diverged,) = those("run", Diverged)
    assert (diverged.way, diverged.then) == ("saved state", "replay")
    assert diverged.at_k == those("run", Saved)[-1].k or diverged.at_k < 95
    assert ways() == [(1, "replay")]
    run(Liar, 150, name="whole")
    assert evaluated("run") == evaluated("whole")


def wandering():
    """Return a minimiser that never does twice the same."""
    rng = np.random.default_rng()

    def minimiser(f, x0, bounds):
        while True:
            f(rng.uniform(*np.array(bounds).T))

    return FunctionOptimizer(minimiser)


def test_one_that_cannot_come_back_begins_anew_at_its_best_point_and_that_is_told():
    first = run(wandering(), 60)
    back = run(wandering(), 120)
    (diverged,) = those("run", Diverged)
    assert (diverged.way, diverged.then) == ("replay", "warm start")
    (recovered,) = those("run", Recovered)
    assert (recovered.way, recovered.k) == ("warm start", 60)
    np.testing.assert_array_equal(recovered.x0, first.x)
    assert back.nfev == 120
    assert [(row.opt_id, row.evaluations, row.came_back) for row in back.optimizers] == [(1, 120, "warm start")]


def test_after_a_warm_start_only_the_new_search_is_repeated():
    class Moody(Walk):
        """It does something else in its first session, and is faithful from then on."""

        sessions = 0

        def begin(self, function, x0):
            type(self).sessions += 1
            if type(self).sessions == 1:
                function(np.array(x0) / 2)
            super().begin(function, x0)

    run(Moody, 50, save_states_every=None)
    run(Moody, 100, save_states_every=None)
    run(Moody, 150, save_states_every=None)
    assert ways() == [(1, "warm start"), (1, "replay")]
    (points, values) = evaluated("run")[1]
    assert len(points) == 150
    assert values[50] == min(values[:50])  # the first evaluation of the new search
    assert len({tuple(x) for x in points[51:]}) == 99  # with random numbers of its own


def test_on_request_it_has_crashed_instead():
    run(wandering(), 60)
    back = run(wandering(), 80, on_divergence="fail")
    assert back.optimizers[0].how == "crashed"
    assert "DivergedError" in back.optimizers[0].ended_because
    assert ways()[:1] != [(1, "warm start")]


def test_a_search_that_ends_before_its_record_does_has_diverged():
    class Short(Walk):
        limit = 1000

        def check_messages(self):
            keys = super().check_messages()
            self.calls = getattr(self, "calls", 0) + 1
            self.over |= self.calls >= type(self).limit
            return keys

    run(Short, 40, save_states_every=None)
    Short.limit = 10
    run(Short, 60, save_states_every=None)
    (diverged, *_) = those("run", Diverged)
    assert "returned after 11 of 40 recorded evaluations" in diverged.why


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_saved_state_that_is_gone_or_damaged_costs_a_replay(damage, caplog):
    run(Promised, 90)
    (path,) = Path("run", "blobs").glob("??/*")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    run(Promised, 150)
    assert ways() == [(1, "replay")]
    assert "missing or damaged" in caplog.text
    run(Promised, 150, name="whole")
    assert evaluated("run") == evaluated("whole")


def test_a_saved_state_that_cannot_be_loaded_costs_a_replay():
    class Changed(Promised):
        @classmethod
        def checkpoint_load(cls, path, **kwargs):
            raise OSError("another version")

    run(Promised, 90)
    Changed.__name__ = Changed.__qualname__ = "Promised"
    run(Changed, 150)
    (diverged,) = those("run", Diverged)
    assert "checkpoint_load raised OSError: another version" in diverged.why
    assert ways() == [(1, "replay")]


def test_one_that_fails_to_save_itself_says_so_and_goes_on():
    class Broken(Promised):
        def checkpoint_save(self, path, force=None, block=None):
            raise RuntimeError("no room")

    result = run(Broken, 60)
    assert result.nfev == 60
    assert {(event.failed, event.why) for event in those("run", NotSaved)} == {
        (True, "checkpoint_save raised RuntimeError: no room")
    }


def test_an_attribute_that_cannot_be_pickled_is_no_failure_of_one_that_promised_nothing():
    class Holds(Walk):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.lock = threading.Lock()

    run(Holds, 60)
    (event, *_) = those("run", NotSaved)
    assert not event.failed
    assert "cannot pickle" in event.why


def test_a_state_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(saving, "STATE_BYTES", 100)
    run(Promised, 60)
    assert "bytes, more than 100" in those("run", NotSaved)[0].why
    assert not those("run", Saved)


def test_requests_and_answers_are_events_with_the_same_number():
    run(Promised, 100)
    asked = [event.ticket for event in those("run", SaveRequested)]
    assert asked == [event.ticket for event in those("run", Saved)] == [1, 2, 3, 4]


def test_the_way_back_is_recorded_as_intent_and_as_outcome():
    run([Promised, Walk], 90)
    run([Promised, Walk], 180)
    assert [(event.opt, event.how) for event in those("run", Restored)] == [(1, "saved state"), (2, "saved state")]
    assert sorted(ways()) == [(1, "saved state"), (2, "replay")]


def test_an_envelope_of_a_later_version_is_not_misread():
    data = pickle.dumps((saving.FORM + 1, {}))
    with pytest.raises(saving.NotSavedError, match="form 2"):
        saving.opened(data)


def test_optimizers_with_arguments_by_place_come_back():
    run([GridSampling(5), CMAOptimizer(0.3)], 200)
    run([GridSampling(5), CMAOptimizer(0.3)], 400)
    assert {way for _, way in ways()} == {"saved state"}


def test_temporary_files_are_gone():
    before = set(os.listdir("/tmp"))
    run(Promised, 100)
    assert not {name for name in set(os.listdir("/tmp")) - before if name.startswith("glompo-state")}
