"""A managed run as a generator of the gest-api standard."""

import math
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress

import numpy as np
import pytest

import glompo
from glompo.ask_tell import queue
from glompo.errors import RunExistsError, RunOverError, TaskFailedError, UnansweredError, UserError
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, GestGenerator, RandomSampling
from glompo.read import load
from glompo.selectors import CycleSelector, NOptimizersSpawnStop

gest_api = pytest.importorskip("gest_api", reason="gest-api is not installed")

from glompo.ask_tell import ManagedGenerator  # noqa: E402  # its users have gest-api

from ..endings import wait_until  # noqa: E402


def vocs(kind="MINIMIZE", **more):
    from gest_api.vocs import VOCS

    return VOCS(**{"variables": {"a": [-5.0, 10.0], "b": [-5.0, 10.0]}, "objectives": {"loss": kind}, **more})


def loss(point):
    return (point["a"] - 1.0) ** 2 + (point["b"] - 2.0) ** 2


@pytest.fixture
def driven(tmp_path):
    made, before = [], threading.enumerate()

    def make(problem=None, **settings):
        usual = {"max_jobs": 4, "max_evaluations": 60, "rng": 1, "working_dir": tmp_path / "run", "stoppers": ()}
        made.append(ManagedGenerator(problem or vocs(), **{**usual, **settings}))
        return made[-1]

    yield make
    for one in made:
        with suppress(glompo.GlompoError):
            one.finalize()
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert [name for name in left if name.startswith("glompo")] == []


def answered(points, f=loss):
    return [{**point, "loss": f(point)} for point in points]


def exhausted(generator, f=loss, points=None):
    """Evaluate whatever it suggests until it is over; return the points."""
    points = [] if points is None else points
    with suppress(RunOverError):
        while True:
            points += (new := generator.suggest())
            generator.ingest(answered(new, f))
    return points


def where(points):
    return [(point["a"], point["b"]) for point in points]


def test_it_is_a_generator_of_the_standard(driven):
    generator = driven()
    assert isinstance(generator, gest_api.Generator)
    assert generator.returns_id


def test_the_budget_is_used_to_the_last_evaluation_and_the_best_is_found(driven):
    generator = driven(max_evaluations=400, optimizers=CMAOptimizer)
    points = exhausted(generator)
    assert len(points) == generator.result.nfev == 400
    assert generator.result.fx == min(map(loss, points)) < 0.1
    assert [point["_id"] for point in points] == list(range(1, 401))


def test_a_driver_with_workers_of_its_own_gets_points_as_they_become_free(driven):
    generator = driven(optimizers=RandomSampling, max_evaluations=50)
    under_way, evaluated = set(), 0
    with ThreadPoolExecutor(4) as workers, suppress(RunOverError):
        while True:
            under_way |= {workers.submit(answered, [point]) for point in generator.suggest()}
            assert under_way
            done, under_way = wait(under_way, return_when="FIRST_COMPLETED")
            evaluated += len(done)
            for future in done:
                generator.ingest(future.result())
    assert evaluated == generator.result.nfev == 50


def test_what_the_budget_does_not_permit_is_refused_at_once(driven):
    generator = driven(optimizers=RandomSampling, max_evaluations=3, patience=60.0)
    points = generator.suggest(3)
    assert generator.suggest() == []
    with pytest.raises(ValueError, match=r"1 points are asked for, 0 are there \(the budget permits no more\)"):
        generator.suggest(1)
    generator.ingest(answered(points))
    with pytest.raises(RunOverError, match="3 of 3 calls used"):
        generator.suggest(1)


def test_all_that_the_optimizers_want_is_suggested_together(driven):
    generator = driven(optimizers=RandomSampling, max_evaluations=12)
    for _ in range(3):
        points = generator.suggest()
        assert len(points) == 4
        assert generator.suggest() == []  # nothing more before values are told
        generator.ingest(answered(points))


def test_the_same_seed_gives_the_same_points_in_deterministic_mode_whatever_the_order_of_values(driven, tmp_path):
    def points(name, turned):
        generator = driven(deterministic=True, working_dir=tmp_path / name, max_jobs=2, max_evaluations=30)
        with suppress(RunOverError):
            while True:
                generator.ingest(answered(generator.suggest())[::turned])
        return sorted((row.opt, row.count, *row.x, row.value) for row in load(generator.run_dir).rows())

    assert points("one", 1) == points("two", -1)


def test_the_first_optimizer_starts_where_it_is_told(driven):
    assert driven(x0={"a": 3.0}, max_jobs=1).suggest(1) == [{"a": 3.0, "b": 2.5, "_id": 1}]


def test_the_first_optimizer_starts_at_the_best_point_of_others(driven):
    generator = driven(max_jobs=1)
    generator.ingest([{"a": 1.0, "b": 1.0, "loss": 3.0}, {"a": 2.0, "b": 1.0, "loss": 2.0}])
    generator.ingest([
        {"a": 99.0, "b": 1.0, "loss": 1.0}, {"a": 4.0, "b": 1.0, "loss": math.nan}, {"a": 5.0, "b": 1.0}
    ])  # fmt: skip
    first = generator.suggest(1)
    assert where(first) == [(2.0, 1.0)]
    with pytest.raises(ValueError, match="has no _id; a run that has begun takes values of its own points only"):
        generator.ingest([{"a": 1.0, "b": 1.0, "loss": 3.0}])
    generator.ingest(answered(first))


def test_points_of_others_must_be_complete(driven):
    with pytest.raises(ValueError, match=r"has no b"):
        driven().ingest([{"a": 1.0, "loss": 3.0}])


def test_constants_come_with_every_point(driven):
    assert all(point["c"] == 7 for point in driven(vocs(constants={"c": 7})).suggest())


def test_what_is_to_be_maximised_is_maximised(driven):
    generator = driven(vocs("MAXIMIZE"), optimizers=CMAOptimizer(workers=4), max_evaluations=120)
    exhausted(generator, lambda point: -loss(point))
    assert generator.result.x == pytest.approx([1.0, 2.0], abs=0.2)


@pytest.mark.parametrize(("kind", "worst", "never"), [
    ("MINIMIZE", math.inf, -math.inf), ("MAXIMIZE", -math.inf, math.inf)
])  # fmt: skip
def test_values_are_told_in_any_order_and_failures_are_recorded(driven, kind, worst, never):
    generator = driven(vocs(kind), optimizers=RandomSampling, max_evaluations=8)
    first = generator.suggest(4)
    generator.ingest([{**first[3], "loss": never}, {**first[0], "loss": math.nan}, {"_id": first[2]["_id"]}])
    generator.ingest([{**first[1], "loss": "7"}])
    second = generator.suggest(4)
    generator.ingest(
        [{**point, "loss": value} for point, value in zip(second, (None, worst, 2.5, np.float32(2.5)), strict=True)]
    )
    exhausted(generator)
    assert generator.result.nfev == 8
    assert abs(generator.result.fx) == 2.5
    reasons = "; ".join(load(generator.run_dir).view.reasons)
    for reason in ("-inf", "nan", "the result has no loss", "returned '7', not a number", "None, not a number"):
        assert reason in reasons
    assert load(generator.run_dir).view.failures == 5


def test_no_more_points_are_out_than_there_are_slots(driven):
    generator = driven(optimizers=RandomSampling)
    generator.suggest(3)
    with pytest.raises(ValueError, match=r"2 points are asked for, but 3 of 4 \(max_jobs\) are out: ingest"):
        generator.suggest(2)
    generator.suggest(1)
    assert generator.suggest() == []
    glompo.control(generator.run_dir).slots(2)

    def refused_for_two():
        with pytest.raises(ValueError, match="1 points are asked for, but 4 of ") as refusal:
            generator.suggest(1)
        return "4 of 2 " in str(refusal.value)

    wait_until(refused_for_two)  # the request is answered once it is on record, and heeded then


@pytest.mark.parametrize("n", [0, -1, 2.5, "two"])
def test_a_number_of_points_that_is_none_is_refused(driven, n):
    with pytest.raises((ValueError, TypeError), match=f"num_points is {n!r}; give a whole number, 1 or more"):
        driven().suggest(n)


def test_a_driver_is_not_kept_waiting_for_optimizers_that_wait_for_values(driven):
    generator = driven(optimizers=CMAOptimizer(workers=4), x0={"a": 0.0}, patience=0.05)
    first = generator.suggest()  # the starting point comes alone
    assert len(first) == 1
    assert generator.suggest() == []
    with pytest.raises(ValueError, match=r"1 points are asked for, 0 are there; .* \(1 are out\)"):
        generator.suggest(1)
    generator.ingest(answered(first))
    assert len(generator.suggest(4)) == 4


def test_a_run_at_rest_is_not_waited_for_for_ever(driven, monkeypatch):
    monkeypatch.setattr(queue, "SILENCE", 0.3)
    only_one = CycleSelector(RandomSampling, allow_spawn=NOptimizersSpawnStop(1))
    generator = driven(optimizers=only_one, max_jobs=1)
    first = generator.suggest()
    control = glompo.control(generator.run_dir)
    control.pause(1)
    generator.ingest(answered(first))
    with pytest.raises(UnansweredError, match=r"no point within 0\.3 s although it waits for no value"):
        generator.suggest()
    control.unpause(1)
    monkeypatch.setattr(queue, "SILENCE", 60.0)
    assert len(generator.suggest()) == 1


def test_values_of_points_that_were_not_suggested_are_refused_and_no_others_are_taken(driven):
    generator = driven(optimizers=RandomSampling)
    with pytest.raises(ValueError, match="_id 1 waits for its value"):
        generator.ingest([{"_id": 1, "loss": 1.0}])  # before anything was suggested
    points = answered(generator.suggest(2))
    for wrong in ({"_id": 3, "loss": 1.0}, {"_id": "x", "loss": 1.0}, points[0]):
        with pytest.raises(ValueError, match=f"_id {wrong['_id']!r} waits for its value"):
            generator.ingest([*points, wrong])
    generator.ingest(points)
    with pytest.raises(ValueError, match="_id 1 waits for its value"):
        generator.ingest(points)


def test_a_run_that_ends_awaits_what_is_out_and_suggests_nothing_more(driven):
    generator = driven(optimizers=RandomSampling, target=5.0)
    out = generator.suggest(4)
    generator.ingest([{**point, "loss": 9.0} for point in out[:2]])
    generator.ingest([{**out[2], "loss": 1.0}])
    out = out[3:]
    while more := generator.suggest():  # until the run has noticed
        out += more
    with pytest.raises(UserError, match="has not ended"):
        generator.result  # noqa: B018
    generator.ingest([{**point, "loss": 7.0} for point in out])
    with pytest.raises(RunOverError, match=r"the run is over: TargetFunctionValue"):
        generator.suggest()
    assert generator.result.fx == 1.0
    assert generator.result.nfev == 3 + len(out)


def test_a_generator_that_is_finalised_ends_with_all_its_threads(driven):
    before = set(threading.enumerate())  # tests of searches that are given up leave threads that sleep for ever
    generator = driven(optimizers=[CMAOptimizer(workers=2), RandomSampling(workers=2)], x0={"a": 0.0})
    points = generator.suggest(2)
    generator.ingest(answered(points[:1]))
    generator.finalize()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)  # on a busy machine one may still be on its way out
        assert not thread.is_alive()
    assert generator.result.nfev == 1
    assert generator.result.status == "left"
    assert [row.how for row in generator.result.optimizers] == ["cut", "cut"]
    generator.finalize()
    with pytest.raises(RunOverError, match="the run is over"):
        generator.suggest()
    with pytest.raises(ValueError, match="_id 2 waits for its value: "):
        generator.ingest(answered(points[1:]))


@pytest.mark.parametrize(("deterministic", "kept"), [(False, [1, 3]), (True, [])])
def test_values_that_were_told_beside_points_still_out_are_recorded_when_it_is_finalised(driven, deterministic, kept):
    settings = {"optimizers": CMAOptimizer(workers=4), "x0": {"a": 0.0}, "deterministic": deterministic}
    generator = driven(**settings)
    generator.ingest(answered(generator.suggest(1)))
    points = generator.suggest(4)
    generator.ingest(answered([points[3], points[1]]))
    generator.finalize()
    assert generator.result.nfev == 1 + len(kept)  # in deterministic mode only what comes before all that is out
    later = driven(**settings, resume="must")
    again = [i for i in range(4) if i not in kept]
    assert where(later.suggest(len(again))) == [where(points)[i] for i in again]


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_generator_goes_on_where_an_earlier_one_ended(driven, deterministic, tmp_path):
    settings = {"optimizers": CMAOptimizer, "max_jobs": 1, "deterministic": deterministic, "resume": "auto"}
    earlier = driven(**settings)
    points = earlier.suggest(1)
    for _ in range(20):
        earlier.ingest(answered(points[-1:]))
        points += earlier.suggest(1)
    earlier.finalize()
    assert earlier.result.nfev == 20
    later = driven(**settings)
    points = points[:-1] + exhausted(later)  # the last one, which was out, is suggested again
    assert later.result.nfev == 60
    assert where(points) == where(exhausted(driven(**settings, working_dir=tmp_path / "at once")))


def test_a_run_that_another_process_asks_to_leave_is_left(driven):
    generator = driven(optimizers=RandomSampling)
    points = generator.suggest(2)
    glompo.control(generator.run_dir).suspend()
    while more := generator.suggest():  # points for which it had credits already
        points += more
    generator.ingest(answered(points))
    with pytest.raises(RunOverError):
        generator.suggest()
    assert generator.result.status == "left"
    assert generator.result.nfev == len(points)


def test_nothing_begins_before_a_point_is_asked_for(driven, tmp_path):
    generator = driven()
    assert generator.run_dir is None
    generator.finalize()
    assert not (tmp_path / "run").exists()
    with pytest.raises(RunOverError, match="finalised before its run began"):
        generator.suggest()
    with pytest.raises(UserError, match="has not ended"):
        generator.result  # noqa: B018


@pytest.mark.parametrize("hear", [
    lambda generator: generator.suggest(), lambda generator: generator.ingest([]),
    lambda generator: generator.finalize(), lambda generator: generator.result,
])  # fmt: skip
def test_a_run_that_fails_says_so_whatever_it_is_asked(driven, hear):
    generator = driven(optimizers=RandomSampling, failure_policy="raise", max_jobs=1)
    generator.ingest(answered(generator.suggest(1), lambda point: math.nan))
    for thread in threading.enumerate():
        if thread.name == "glompo-run":
            thread.join(30.0)
    with pytest.raises(TaskFailedError, match="the task returned nan"):
        hear(generator)


def test_an_error_that_was_heard_is_not_raised_again_at_the_end(driven):
    first = driven()
    first.suggest()
    first.finalize()
    second = driven()
    with pytest.raises(RunExistsError):
        second.suggest()
    second.finalize()


@pytest.mark.parametrize(("settings", "message"), [
    ({"task": abs}, "task follows from being driven"),
    ({"evaluator": "pool"}, "evaluator follows from being driven"),
    ({"max_jobs": None}, "max_jobs is missing; give how many"),
    ({"max_jobs": -1}, "max_jobs is -1; give a whole number"),
    ({"patience": -1.0}, "patience is -1.0"),
    ({"max_evals": 3}, "max_evals"),
    ({"x0": {"c": 1.0}}, "x0 names"),
    ({"evaluation_timeout": 3.0}, "timeout: an evaluator of your own keeps its limits itself"),
])  # fmt: skip
def test_wrong_settings_are_refused_before_anything_begins(tmp_path, settings, message):
    given = {"max_jobs": 2, "max_evaluations": 5, "working_dir": tmp_path / "run", **settings}
    with pytest.raises(UserError, match=message):
        ManagedGenerator(vocs(), **given)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("more", [
    {"constraints": {"c": ["LESS_THAN", 0]}}, {"variables": {"a": {1, 2}}}, {"objectives": {"f": "EXPLORE"}},
])  # fmt: skip
def test_problems_that_it_cannot_solve_are_refused(more):
    with pytest.raises(ValueError, match=r"bounds only|variable a is|give one to be minimised"):
        ManagedGenerator(vocs(**more), max_jobs=2)


def test_a_managed_run_can_be_an_optimizer_of_another_one(driven, tmp_path):
    class Inner(ManagedGenerator):
        def __init__(self, vocs):
            super().__init__(vocs, max_jobs=2, optimizers=RandomSampling, working_dir=tmp_path / "inner")

    result = glompo.minimize(
        lambda x: float(x @ x),
        [(-1, 1)] * 2,
        optimizers=GestGenerator(Inner, workers=2),
        x0=[0.5, 0.25],
        max_evaluations=21,
        max_jobs=2,
        working_dir=tmp_path / "outer",
    )
    assert result.nfev == 21
    assert load(tmp_path / "inner").view.calls >= 19


def test_an_evaluator_of_the_users_own_computes_the_task(tmp_path):
    class Mine:
        closed = False

        def evaluate(self, x):
            return glompo.function.assess(float(np.sum(x)))

        def submit(self, x):
            future = Future()
            future.set_result(self.evaluate(x))
            return future

        def resize(self, workers):
            pass

        def close(self, kill=False):
            self.closed = True

    mine = Mine()
    settings = {"exit_conditions": MaxTotalFunctionCalls(20), "working_dir": tmp_path, "max_jobs": 2}
    result = glompo.minimize(abs, [(0, 1)] * 2, optimizers=RandomSampling, evaluator=mine, **settings)
    assert result.nfev == 20
    assert result.fx == pytest.approx(result.x.sum())
    assert mine.closed
