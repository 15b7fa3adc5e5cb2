"""What regimes are made of, what their policies see, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glompo
from glompo.allocators import EvenAllocator
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingError, SettingTypeError
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.generators import BaseGenerator, RandomGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.portfolio import Portfolio, Regime, default_portfolio
from glompo.problems import ExpLeastSquaresCost, LennardJones
from glompo.selectors import BaseSelector
from glompo.stoppers import CatchUp, MaxFuncCalls
from glompo.testing import simulate

from .regimes import Steady, play, spent, steady


class Recorder(BaseGenerator):
    """Starts in the middle, and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def generate(self, manager: ManagerView) -> Any:
        view = manager.view
        self.seen.append(
            {
                "iterated": [one.opt for one in view],
                "regimes": {one.regime for one in view},
                "logged": list(manager.opt_log),
                "started": (manager.o_counter, len(manager.opt_log), view.n_started),
                "alive": [one.regime for one in view.alive],
                "calls": manager.f_counter,
                "best": view.best,
            }
        )
        return manager.bounds.mean(axis=1)


def test_the_generator_of_a_regime_sees_the_optimizers_of_that_regime() -> None:
    recorder = Recorder()
    run = play(Regime("a", Steady(0.0, ends=15), 1.0, recorder), steady("b", ends=10), calls=200)
    own = [one.opt for one in run.view if one.regime == "a"]
    assert len(own) >= 4
    assert own != list(range(1, len(own) + 1))  # others have started in between
    asked = {len(seen["iterated"]): seen for seen in recorder.seen}
    assert max(asked) == len(own) - 1
    for n, seen in asked.items():
        assert seen["iterated"] == seen["logged"] == own[:n]
        assert seen["regimes"] <= {"a"}
        assert seen["started"] == (n, n, n)
        assert seen["alive"] == []
    last = recorder.seen[-1]
    assert last["calls"] > 15 * (len(own) - 1)  # the calls are those of the run, and so is the incumbent
    assert last["best"] is not None


def test_the_selector_of_a_regime_sees_the_optimizers_of_that_regime() -> None:
    counted = []

    class Counting(BaseSelector):
        def select_optimizer(self, manager: ManagerView, slots_available: int) -> Any:
            counted.append((manager.o_counter, slots_available))
            return self.options[0]

    run = play(Regime("a", Counting(Steady(ends=20))), steady("b", ends=10), calls=100, max_jobs=3)
    own = sum(one.regime == "a" for one in run.view)
    assert own >= 2
    assert {n for n, _ in counted} == set(range(own))
    assert {free for _, free in counted} == {3}


def test_several_optimizers_of_a_regime_start_in_turn() -> None:
    run = play(Regime("a", [RandomSampling(iters=10), Steady(ends=10)]), steady("b"), calls=100)
    assert [one.kind for one in run.view if one.regime == "a"][:4] == ["RandomSampling", "Steady"] * 2


def test_optimizers_hold_no_slots_and_say_to_which_regime_they_belong() -> None:
    run = play(steady("a"), steady("b"), calls=40, max_jobs=3)
    for one in run.view:
        assert (one.slots, one.held) == (3, 0)
        assert one.name == f"{one.regime}: Steady"
    assert [one.regime for one in run.view] == ["a", "b"]
    usual = simulate([RandomSampling], MaxTotalFunctionCalls(20), max_jobs=2).view[1]
    assert (usual.held, usual.regime, usual.name) == (1, "", "RandomSampling")


def test_a_simulation_takes_the_companions_of_a_selector_unless_it_is_given_others() -> None:
    class Corner(BaseGenerator):
        def generate(self, manager: ManagerView) -> Any:
            return manager.bounds[:, 0]

    own = Portfolio(Regime("a", Steady, 1.0, Corner()))
    assert simulate(own, MaxTotalFunctionCalls(20)).view[1].x0.tolist() == [-5.0, -5.0]
    other = simulate(own, MaxTotalFunctionCalls(20), generator=RandomGenerator())
    assert other.view[1].x0.tolist() != [-5.0, -5.0]


class Watched(EvenAllocator):
    """Remembers that it was asked."""

    asked = 0

    def allocate(self, view: RunView, limit: int | None) -> dict[int, int]:
        self.asked += 1
        return super().allocate(view, limit)


def test_a_users_own_allocator_and_generator_replace_those_of_the_portfolio(tmp_path: Any) -> None:
    allocator, generator = Watched(), Recorder()
    result = glompo.minimize(
        lambda x: float(x @ x), [(-1, 3)] * 2, opt_selector=Portfolio(steady("a"), steady("b")), max_evaluations=60,
        max_jobs=2, allocator=allocator, x0_generator=generator, rng=1, working_dir=tmp_path / "run",
    )  # fmt: skip
    assert result.nfev == 60
    assert allocator.asked > 0
    assert len(generator.seen) >= 2
    assert generator.seen[-1]["started"][0] >= 1  # it sees the whole run


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: Portfolio(), SettingError, "Portfolio needs one regime at least; give Regime(name, optimizers"),
        (lambda: Portfolio(CMAOptimizer), SettingTypeError, "is no regime; give Regime(name, optimizers, share)"),
        (lambda: Portfolio(steady("a"), 5), SettingTypeError, "5 is no regime"),
        (lambda: Portfolio(steady("a"), steady("a")), SettingError, "two regimes are called the same: ['a', 'a']"),
        (lambda: steady("a", success=0.5), SettingError, "Regime: success is 0.5"),
        (lambda: steady("a", success="much"), SettingTypeError, "success is 'much'"),
        (lambda: steady("a", later=0), SettingError, "Regime: later is 0"),
        (lambda: Regime("a", Steady, stopper=CatchUp), SettingTypeError, "stopper is <class"),
        (lambda: Regime("a", CMAOptimizer, 0), SettingError, "Regime: share is 0"),
        (lambda: Regime("a", CMAOptimizer, -1.0), SettingError, "Regime: share is -1"),
        (lambda: Regime("a", CMAOptimizer, np.nan), SettingError, "Regime: share is nan"),
        (lambda: Regime("", CMAOptimizer), SettingTypeError, "Regime: name is ''; give a text"),
        (lambda: Regime(3, CMAOptimizer), SettingTypeError, "Regime: name is 3; give a text"),
        (lambda: Regime("a", 5), SettingTypeError, "5 is no optimizer"),
        (lambda: Regime("a", []), SettingError, "got no optimizer to choose from"),
        (
            lambda: Regime("a", CMAOptimizer, 1.0, RandomGenerator),
            SettingTypeError,
            "RandomGenerator'>; give an instance of a generator",
        ),
    ],
)
def test_bad_settings_are_named(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        build()
    assert message in str(caught.value)


def test_it_prints_what_it_is_made_of() -> None:
    portfolio = Portfolio(Regime("base", CMAOptimizer, 3), Regime("draws", [RandomSampling], 1))
    assert str(portfolio) == (
        "Portfolio(base 3: CycleSelector(CMAOptimizer), RandomGenerator(); "
        "draws 1: CycleSelector(RandomSampling), RandomGenerator())"
    )
    assert list(portfolio.regimes) == ["base", "draws"]
    assert "success=" in repr(portfolio)


def test_the_default_adds_least_squares_for_residuals() -> None:
    assert "fit" not in default_portfolio(3).regimes
    fits = default_portfolio(3, residuals=True).regimes
    assert fits["fit"].selector.options[0].kind == "LeastSquares"
    assert set(default_portfolio(3).regimes) < set(fits)
    assert list(default_portfolio(3, residuals=True, alone=True).regimes) == ["fit"]
    assert len(default_portfolio(3, alone=True).regimes) == 1


def test_the_default_climbs_down_the_gradient_that_a_task_declares(tmp_path: Any) -> None:
    def kinds(portfolio: Portfolio) -> list[str]:
        return [option.name for option in portfolio.regimes["local"].selector.options]

    assert kinds(default_portfolio(3)) == ["Scipy(COBYQA)", "Scipy(L-BFGS-B)"]
    assert kinds(default_portfolio(3, gradient=True)) == ["Scipy(L-BFGS-B)"]
    assert "uphill=0.5" in str(default_portfolio(3, gradient=True))
    assert "uphill=0.0" in str(default_portfolio(3))
    energy = LennardJones(5)
    known = glompo.minimize(energy, max_evaluations=600, rng=1, working_dir=tmp_path / "known")
    local = [row for row in known.optimizers if row.regime == "local"]
    assert known.fx == pytest.approx(energy.min_fx, abs=1e-5)
    assert len(local) > 1
    assert {row.kind for row in local} == {"Scipy"}


def test_the_base_search_leaves_a_regime_its_block_when_that_is_within_its_share() -> None:
    run = play(steady("a", 0.0, share=0.9), steady("b", 0.0, share=0.1), calls=79)
    assert spent(run) == {"a": 79}
    run = play(steady("a", 0.0, share=0.9), steady("b", 0.0, share=0.1), calls=200)
    assert spent(run)["b"] == pytest.approx(20, abs=10)  # a block of 10 is a tenth of 100


def modelled(dims: int) -> bool:
    return any(
        option.kwargs.get("surrogate", False)
        for regime in default_portfolio(dims).regimes.values()
        for option in regime.selector.options
    )


def test_the_default_has_a_surrogate_where_its_fit_is_cheap() -> None:
    assert modelled(5)
    assert not modelled(200)


def sphere(x: Any) -> float:
    return float(x @ x)


def test_without_optimizers_the_default_portfolio_searches(tmp_path: Any) -> None:
    result = glompo.minimize(sphere, [(-1, 3)] * 2, max_evaluations=500, rng=1, working_dir=tmp_path / "run")
    assert result.nfev == 500
    assert {row.regime for row in result.optimizers} == set(default_portfolio(2).regimes)
    for row in result.optimizers:
        assert row.name == f"{row.regime}: {row.label}"
        assert row.name in repr(result)  # the table of the result shows regimes


def test_a_run_without_limits_ends_with_its_first_optimizer(tmp_path: Any) -> None:
    result = glompo.minimize(sphere, [(-1, 3)] * 2, rng=1, working_dir=tmp_path / "run")
    assert [row.how for row in result.optimizers] == ["converged"]
    assert result.fx < 1e-6


def test_a_task_with_residuals_is_fitted_by_least_squares_too(tmp_path: Any) -> None:
    task = ExpLeastSquaresCost(3)
    result = glompo.minimize(task, task.bounds, max_evaluations=120, rng=1, working_dir=tmp_path / "run")
    assert "LeastSquares" in {row.kind for row in result.optimizers}
    assert "fit" in {row.regime for row in result.optimizers}


def test_options_that_a_user_names_are_no_portfolio(tmp_path: Any) -> None:
    result = glompo.minimize(
        sphere, [(-1, 3)] * 2, optimizers=RandomSampling, max_evaluations=20, rng=1, working_dir=tmp_path / "run"
    )
    assert {row.regime for row in result.optimizers} == {""}


def test_the_stopper_of_a_regime_judges_the_optimizers_of_that_regime() -> None:
    run = play(Regime("a", Steady(1.0), stopper=MaxFuncCalls(20)), steady("b", 0.0), calls=300)
    stopped = [one.regime for one in run.view if one.stop_by == "stopper"]
    assert len(stopped) >= 3
    assert set(stopped) == {"a"}


def test_the_stoppers_of_the_run_replace_those_of_the_regimes() -> None:
    regimes = Regime("a", Steady(1.0), stopper=MaxFuncCalls(20)), steady("b", 0.0)
    result = glompo.minimize(
        lambda x: float((x**2).sum()),
        [(-1, 1)] * 2,
        opt_selector=Portfolio(*regimes),
        stoppers=[],
        max_evaluations=200,
        rng=1,
    )
    assert len(result.optimizers) == 2
