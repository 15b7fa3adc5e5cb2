"""What a decision looks at is what has happened, not what lives."""

from glompo.allocators import EvenAllocator
from glompo.core.views.run_view import RunView
from glompo.exit_conditions import MaxOptimizersStarted, MaxTotalFunctionCalls, TimeLimit
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.portfolio import Portfolio, Regime
from glompo.selectors import BIPOPSelector
from glompo.testing import simulate


class Counting(EvenAllocator):
    """Counts how many optimizers it is shown."""

    def __init__(self):
        super().__init__()
        self.shown = 0

    def allocate(self, view, limit):
        self.shown += sum(1 for _ in view.changed)
        return super().allocate(view, limit)


def shown(living, ends, search=RandomSampling, seconds=1.0):
    allocator = Counting()
    simulate([search], ends, max_jobs=living, allocator=allocator, seconds=seconds)
    return allocator.shown / living


def test_each_start_looks_at_one_optimizer_however_many_live():
    assert shown(100, MaxTotalFunctionCalls(500)) <= 1.2 * shown(10, MaxTotalFunctionCalls(50))


def test_where_no_budget_is_shared_an_end_concerns_no_other_optimizer():
    def ending(living):
        return shown(living, MaxOptimizersStarted(2 * living), RandomSampling(iters=5), lambda opt, x: 1 + opt / 1000)

    assert ending(100) <= 1.2 * ending(10)


def alive_at_the_end(monkeypatch, living):
    """Return how many living optimizers were looked at, for each of them, once the run was to end."""
    looked_at = [0]

    def alive(self):
        for one in map(self._see, self._state.alive.values()):
            looked_at[0] += self.ending is not None
            yield one

    monkeypatch.setattr(RunView, "alive", property(alive))
    simulate([RandomSampling], TimeLimit(3.5), max_jobs=living, seconds=lambda opt, x: 1 + opt / 1000)
    return looked_at[0] / living


def test_all_are_asked_to_stop_once_and_not_looked_at_again_for_each_that_ends(monkeypatch):
    assert alive_at_the_end(monkeypatch, 40) <= 1.5 * alive_at_the_end(monkeypatch, 10)


def members_looked_at(monkeypatch, starts):
    """Return how many optimizers a portfolio looks at, for each that it has started."""
    looked_at = [0]

    def every(self):
        for one in map(self._see, self._state.optimizers.values()):
            looked_at[0] += 1
            yield one

    monkeypatch.setattr(RunView, "__iter__", every)
    portfolio = Portfolio(
        Regime("base", BIPOPSelector(CMAOptimizer(popsize=4, cma_options={"maxiter": 2}), doublings=0)),
        Regime("other", RandomSampling(iters=5)),
    )
    simulate(portfolio, MaxOptimizersStarted(starts), max_jobs=2, seconds=1.0)
    return looked_at[0] / starts


def test_a_start_of_a_portfolio_does_not_look_at_all_that_have_ended(monkeypatch):
    assert members_looked_at(monkeypatch, 60) <= 1.2 * members_looked_at(monkeypatch, 15)


def looked_at_per_evaluation(monkeypatch, living):
    """Return how many optimizers are looked at for each evaluation when the budget has been handed out."""
    looked_at = [0]
    see = RunView._see

    def seen(self, one):
        looked_at[0] += self.unpromised(self.budget) == 0 and not self.ending
        return see(self, one)

    monkeypatch.setattr(RunView, "_see", seen)
    done = simulate(
        [RandomSampling], MaxTotalFunctionCalls(2 * living), max_jobs=living, seconds=lambda opt, x: 1 + opt / 1000
    )
    monkeypatch.undo()
    return looked_at[0] / done.view.calls


def test_what_is_silent_is_found_without_a_look_at_all(monkeypatch):
    assert looked_at_per_evaluation(monkeypatch, 80) <= 1.5 * looked_at_per_evaluation(monkeypatch, 20)
