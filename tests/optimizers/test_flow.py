"""With several evaluations in flight no slot waits for the slowest of a batch, and the record says what was told."""

import time

import numpy as np
import pytest
from cma.sigma_adaptation import CMAAdaptSigmaTPA

import glompo
from glompo.core.state.lifecycle import How
from glompo.events import Diverged, Evaluated, Recovered
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, GridSampling, RandomSampling
from glompo.storage.reader import read_events
from glompo.testing import simulate
from glompo.testing.spy import Witness, _Overheard

BOX = [(-5.0, 5.0)] * 2
FLOWING = [
    RandomSampling(workers=8),
    GridSampling(20, workers=8),
    CMAOptimizer(workers=8),
    CMAOptimizer(popsize=6, workers=8),
]
NAMES = ["random", "grid", "CMA-ES", "CMA-ES of six"]


def sphere(x):
    return float(x @ x)


def uneven(x):
    """Return the sphere, after a moment that differs from point to point."""
    time.sleep(abs(float(x[0])) * 1e-3)
    return float(x @ x)


@pytest.mark.parametrize("optimizer", FLOWING, ids=NAMES)
def test_one_long_evaluation_holds_up_no_other(optimizer):
    begun = 0

    def seconds(opt, x):
        nonlocal begun
        begun += 1
        return 40.0 if begun == 3 else 1.0

    done = simulate([optimizer], MaxTotalFunctionCalls(40 * 7 + 1), bounds=BOX, seconds=seconds, max_jobs=8)
    assert done.view.calls == 281
    assert done.view.now <= 42.0


@pytest.mark.parametrize("most", range(60, 72))
@pytest.mark.parametrize("popsize", [3, 4, 6, 10])
def test_the_last_evaluations_may_fill_a_further_generation(popsize, most):
    """At a limit of its own the search asks for no more, while more values may land than one generation takes."""
    optimizer = CMAOptimizer(popsize=popsize, workers=16, cma_options={"maxfevals": most})
    run = simulate([optimizer], MaxTotalFunctionCalls(300), bounds=BOX, max_jobs=16)
    assert {one.how for one in run.view} <= {How.EXHAUSTED, How.STOPPED}


@pytest.mark.parametrize("workers", [8, 32, 100])
def test_a_generation_that_is_given_is_as_good_with_more_slots(workers):
    """Values that are many generations old would mislead the search."""
    run = simulate(
        [CMAOptimizer(popsize=8, workers=workers)],
        MaxTotalFunctionCalls(500),
        task=sphere,
        bounds=BOX,
        max_jobs=workers,
    )
    assert run.view.best.f < 1e-6


@pytest.mark.parametrize("force", [False, True])
def test_a_flow_takes_a_better_point_of_another(force):
    optimizer = CMAOptimizer(workers=8, force_injects=force)
    method = optimizer.stepper(np.full(2, 4.0), np.array(BOX))
    sent = []
    for k in range(60):
        if k == 30:
            method.inject(np.array([0.125, -0.25]), 0.0)
        sent.append(method.ask(1))
        method.tell(sent[-1], np.array([sphere(sent[-1][0])]))
    near = min(float(np.abs(x - [0.125, -0.25]).max()) for x in sent[30:40])  # with the next draw
    assert near < (1e-9 if force else 5.0)
    assert method.finished() is None


@pytest.mark.parametrize("options", [{"CMA_mirrors": 2}, {"AdaptSigma": CMAAdaptSigmaTPA}, {"pc_line_samples": True}])
def test_points_of_a_generation_that_belong_together_are_asked_for_together(options):
    optimizer = CMAOptimizer(workers=32, cma_options=options)
    assert optimizer.stepper(np.zeros(2), np.array(BOX)).in_flight(32) == 0
    run = simulate([optimizer], MaxTotalFunctionCalls(300), bounds=BOX, max_jobs=32)
    assert {one.how for one in run.view} <= {How.STOPPED, How.CUT}


def test_a_search_whose_generation_fills_the_slots_keeps_to_its_generations():
    done = simulate([CMAOptimizer(workers=3)], MaxTotalFunctionCalls(13), bounds=BOX, seconds=1.0, max_jobs=3)
    assert done.view.now == 1 + 4.0  # the starting point, then two generations of six


def test_a_search_with_a_surrogate_keeps_to_its_generations():
    built = CMAOptimizer(workers=20, surrogate=True)
    assert built.stepper(np.zeros(2), np.array(BOX)).in_flight(20) == 0


@pytest.mark.parametrize("saved", [None, 30], ids=["replay", "saved state"])
@pytest.mark.parametrize("optimizer", FLOWING, ids=NAMES)
def test_a_flow_that_was_interrupted_comes_back_exactly(optimizer, saved, tmp_path):
    usual = {"optimizers": optimizer, "max_jobs": 8, "rng": 1, "working_dir": tmp_path / "run", "stoppers": ()}
    glompo.minimize(uneven, BOX, max_evaluations=100, save_states_every=saved, **usual)
    glompo.minimize(uneven, BOX, max_evaluations=160, resume="auto", **usual)
    events = list(read_events(tmp_path / "run"))
    assert not [event for event in events if isinstance(event, Diverged)]
    ways = [event.way for event in events if isinstance(event, Recovered) and event.opt == 1]
    assert ways == (["replay"] if saved is None else ["saved state"])
    assert sum(len(event.f) for event in events if isinstance(event, Evaluated)) == 160


def test_what_is_sampled_does_not_depend_on_the_slots():
    def points(workers):
        done = simulate(
            [RandomSampling(40, workers=workers)], MaxTotalFunctionCalls(40), bounds=BOX, max_jobs=workers, rng=3
        )
        found = np.concatenate([event.X for event in done.events if isinstance(event, Evaluated) and event.opt == 1])
        return sorted(map(tuple, found.tolist()))

    assert points(1) == points(8)


def test_in_deterministic_mode_a_flow_is_told_in_the_order_of_asking(tmp_path):
    def points(run):
        usual = {"optimizers": CMAOptimizer(workers=8), "max_jobs": 8, "rng": 1, "deterministic": True}
        glompo.minimize(uneven, BOX, max_evaluations=90, working_dir=tmp_path / run, **usual)
        return np.concatenate([one.X for one in read_events(tmp_path / run) if isinstance(one, Evaluated)])

    assert np.array_equal(points("a"), points("b"))


def test_failures_points_outside_and_repeated_attempts_are_told_as_they_land(tmp_path):
    told, failed = {}, set()

    class Search(glompo.BaseOptimizer):
        def minimize(self, function, x0, bounds):
            asked = {n: np.full(2, float(n)) for n in range(4)}  # 2 and 3 lie outside

            def tell(number, value):
                told[number] = value
                del asked[number]
                return True

            function.flow(asked, tell, lambda: False)
            return glompo.MinimizeResult(True)

        def callstop(self, reason=""):
            pass

    def task(x):
        if x[0] == 1.0 and 1 not in failed:
            failed.add(1)
            raise ValueError("once")
        return float(x[0]) + 0.5

    glompo.minimize(
        task,
        [(0.0, 1.5)] * 2,
        optimizers=Search(workers=2),
        failure_policy="retry(1)",
        max_jobs=2,
        max_evaluations=3,
        working_dir=tmp_path / "run",
    )
    assert told == {0: 0.5, 1: 1.5, 2: np.inf, 3: np.inf}


class Looked(dict):
    """Points that were asked for; counts how many of them were looked at."""

    looks = 0

    def __reversed__(self):
        for number in super().__reversed__():
            self.looks += 1
            yield number

    def items(self):
        self.looks += len(self)
        return super().items()


def test_a_value_that_lands_has_only_new_points_looked_at():
    asked = Looked()

    class Counting(RandomSampling):
        def minimize(self, function, x0, bounds):
            points = iter(self.rng.uniform(-5, 5, (1000, 2)))

            def tell(number, value):
                del asked[number]
                asked[number + 100] = next(points)
                return number < 200

            asked.update((number, next(points)) for number in range(100))
            function.flow(asked, tell, lambda: False)
            return self.ended()

    uneven = {"seconds": lambda opt, x: 10.0 + float(x[0])}
    done = simulate([Counting(workers=100)], MaxTotalFunctionCalls(500), bounds=BOX, max_jobs=100, **uneven)
    assert done.view.calls > 200
    assert asked.looks < 5 * done.view.calls


@pytest.mark.parametrize("optimizer", FLOWING, ids=NAMES)
def test_a_flow_without_a_manager_evaluates_batch_by_batch(optimizer):
    cls, (args, kwargs) = type(optimizer), optimizer.template()
    calls = 0
    alone = cls(*args, **kwargs)

    def task(x):
        nonlocal calls
        calls += 1
        if calls == 50:
            alone.callstop("enough")
        return float(x @ x)

    assert alone.minimize(task, np.ones(2), BOX).fx < 50


def test_what_a_contract_overhears_of_a_flow_is_what_was_evaluated():
    heard = []

    class Function:
        def flow(self, asked, tell, heed):
            for number in list(asked):
                heard.append(asked[number])
                tell(number, 1.0)

    witness = Witness()
    asked = {0: np.zeros(2), 1: np.ones(2)}
    _Overheard(Function(), witness).flow(asked, lambda number, value: asked.pop(number) is not None, lambda: True)
    assert np.array_equal(witness.points, heard)
    assert witness.values == [1.0, 1.0]
