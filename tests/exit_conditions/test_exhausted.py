from glompo.exit_conditions import MaxOptimizersConverged, MaxOptimizersExhausted
from glompo.testing import history


def test_the_exhausted_are_counted_by_a_condition_of_their_own():
    run = history(slots=3)
    first, second, third = (run.start() for _ in range(3))
    run.exhaust(first)
    run.converge(second)
    assert MaxOptimizersExhausted(1).ask(run.view()).fired
    assert not MaxOptimizersExhausted(2).ask(run.view()).fired
    assert not MaxOptimizersConverged(2).ask(run.view()).fired
    run.exhaust(third)
    assert MaxOptimizersExhausted(2).ask(run.view()).why == "2 of 2 exhausted"
