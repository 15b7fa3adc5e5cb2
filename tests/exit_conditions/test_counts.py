"""Exit conditions that count optimizers and calls."""

import numpy as np
import pytest

from glompo.core.policies.rule import Rule
from glompo.exit_conditions import (
    MaxOptimizersConverged,
    MaxOptimizersExhausted,
    MaxOptimizersStarted,
    MaxOptimizersStopped,
    MaxTotalFunctionCalls,
    StopsAfterConvergence,
)
from glompo.function import Status
from glompo.testing.histories import History, history


def test_converged_optimizers_are_counted_and_no_others() -> None:
    run = history(slots=5)
    for _ in range(5):
        run.start()
    run.converge(1)
    run.stop(2)
    run.crash(3)
    run.stop(4, by="user")
    assert MaxOptimizersConverged(1).ask(run.view()).fired
    assert not MaxOptimizersConverged(2).ask(run.view()).fired
    run.converge(5)
    assert MaxOptimizersConverged(2).ask(run.view()).fired


def test_started_optimizers_are_counted_from_their_request() -> None:
    run = history()
    assert not MaxOptimizersStarted(2).ask(run.view()).fired
    run.start()
    run.converge(1)
    assert not MaxOptimizersStarted(2).ask(run.view()).fired
    run.start()
    assert MaxOptimizersStarted(2).ask(run.view()).fired


def test_optimizers_that_stoppers_ended_are_counted() -> None:
    run = history()
    for _ in range(3):
        run.start()
    run.stop(1, by="user")
    assert not MaxOptimizersStopped(1).ask(run.view()).fired
    run.request_stop(2)
    assert MaxOptimizersStopped(1).ask(run.view()).fired
    assert not MaxOptimizersStopped(2).ask(run.view()).fired


def test_calls_are_counted_and_are_a_budget() -> None:
    run = history()
    condition = MaxTotalFunctionCalls(4)
    run.evaluate(run.start(), [np.nan, np.inf, 1.0])
    run.evaluate(1, [np.inf, np.inf], status=Status.OUT_OF_BOUNDS)
    assert not condition.ask(run.view()).fired
    run.evaluate(1, 1.0)
    assert condition.ask(run.view()).fired
    assert condition.budget() == 4


def test_the_counters_continue_through_a_resume() -> None:
    run = history()
    for _ in range(2):
        run.evaluate(run.start(), 1.0)
    run.converge(1)
    run.stop(2)
    run.resume()
    for condition in (
        MaxOptimizersConverged(1),
        MaxOptimizersStarted(2),
        MaxOptimizersStopped(1),
        MaxTotalFunctionCalls(2),
        StopsAfterConvergence(1, 1),
    ):
        assert condition.ask(run.view()).fired


def ended(path: str) -> History:
    """Let optimizers end one second after the other: c converged, s stopped by a stopper, u by the user, x crashed."""
    run = history(slots=len(path))
    for _ in path:
        run.start()
    for opt, how in enumerate(path, 1):
        run.wait(1)
        {"c": run.converge, "s": run.stop, "u": lambda opt: run.stop(opt, by="user"), "x": run.crash}[how](opt)
    return run


@pytest.mark.parametrize(
    ("path", "n_stopped", "n_converged", "expected"),
    [
        ("", 0, 1, False),
        ("sss", 0, 1, False),
        ("c", 0, 1, True),
        ("sc", 1, 1, False),  # stopped before
        ("cs", 1, 1, True),
        ("cu", 1, 1, False),  # only stoppers count
        ("cx", 1, 1, False),
        ("cscs", 2, 1, True),  # a later convergence does not set the count back
        ("sscsc", 2, 1, False),
        ("cscs", 2, 2, False),
        ("cscss", 2, 2, True),
        ("cc", 0, 2, True),
        ("c", 0, 2, False),
        ("sccscscs", 3, 2, True),
        ("sccscsc", 3, 2, False),
    ],
)
def test_stops_are_counted_after_the_decisive_convergence(
    path: str, n_stopped: int, n_converged: int, expected: bool
) -> None:
    assert StopsAfterConvergence(n_stopped, n_converged).ask(ended(path).view()).fired is expected


def test_a_stop_counts_once_it_has_happened() -> None:
    run = ended("c")
    run.start()
    run.request_stop(2)
    assert not StopsAfterConvergence(1).ask(run.view()).fired
    run.stop(2)
    assert StopsAfterConvergence(1).ask(run.view()).fired


def test_simultaneous_ends_never_take_the_answer_back() -> None:
    run = history(slots=3)
    for _ in range(3):
        run.start()
    run.converge(1)
    run.stop(2)
    before = StopsAfterConvergence(1).ask(run.view()).fired
    run.converge(3)
    assert before
    assert StopsAfterConvergence(1).ask(run.view()).fired


@pytest.mark.parametrize(
    "condition",
    [
        MaxOptimizersConverged(1),
        MaxOptimizersExhausted(1),
        MaxOptimizersStarted(1),
        MaxOptimizersStopped(1),
        MaxTotalFunctionCalls(1),
        StopsAfterConvergence(1, 1),
    ],
    ids=lambda condition: type(condition).__name__,
)
def test_what_counts_optimizers_need_not_be_asked_after_each_evaluation(condition: Rule) -> None:
    assert not condition.follows_evaluations()  # so that optimizers are given credits in bulk
