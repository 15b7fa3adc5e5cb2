"""What one decision costs, however long the history is: stoppers, exit conditions, a freezer and allocators.

A run with twenty optimizers is written by hand, so that it holds 10³, 10⁵ and 10⁷ evaluations, most of them made by
the optimizer that is asked about. Then one evaluation after the other is added, and after each of them every policy is
asked. The table shows the median time of a question in microseconds, and the ratio to that of the shortest history.
The optimizer was never judged before, so that those which judge at intervals only do all of their work each time.

Usage: ``python benchmarks/policies.py``; it takes some seconds and about 1 GB.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

import glompo.exit_conditions
import glompo.stoppers
from glompo.allocators import EvenAllocator, MetaMaxAllocator, SuccessiveHalving
from glompo.core.policies.rule import Rule
from glompo.core.views.run_view import RunView
from glompo.exit_conditions import (
    BaseExitCondition,
    IncumbentPrecision,
    MaxCost,
    MaxOptimizersConverged,
    MaxOptimizersStarted,
    MaxOptimizersStopped,
    MaxTotalFunctionCalls,
    StopsAfterConvergence,
    TargetFunctionValue,
    TimeLimit,
    TimeLimitThroughRestarts,
    Unimproved,
)
from glompo.freezers import Freeze
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
    ParameterDistance,
    RungRace,
    StepSize,
    TimeAnnealing,
    ValueAnnealing,
)
from glompo.testing.histories import History, history

SIZES = (10**3, 10**5, 10**7)
BOX = [(-5.0, 5.0)] * 2
BUDGET = 10**9
TESTED = 1
OTHERS = 19
FEW = 40
"""Evaluations of each of the others at least, enough to be judged."""

ROUNDS = 200
"""Evaluations that are added, with a question to every policy after each."""

SPARE = 4 * ROUNDS
"""Places that are left in the columns, so that no round has to move them."""

STOPPERS: tuple[Rule, ...] = (
    BestUnmoving(100, 0.01),
    CatchUp(),
    Duplicate(),
    EvaluationsUnmoving(100, 0.01),
    Horizon(BUDGET),
    LastPointsInvalid(100),
    MaxFuncCalls(BUDGET),
    MinFuncCalls(100),
    OptimizerRegime("base"),
    OptimizerType("CMAOptimizer"),
    ParameterDistance(relative_distance=0.01, test_all=True),
    RungRace(),
    StepSize(calls=100),
    TimeAnnealing(),
    ValueAnnealing(),
)
ENDS: tuple[Rule, ...] = (
    IncumbentPrecision(0.0, 100),
    MaxCost(1e12),
    MaxOptimizersConverged(BUDGET),
    MaxOptimizersStarted(BUDGET),
    MaxOptimizersStopped(BUDGET),
    MaxTotalFunctionCalls(BUDGET),
    StopsAfterConvergence(BUDGET, 2),
    TargetFunctionValue(-1.0),
    TimeLimit(1e12),
    TimeLimitThroughRestarts(1e12),
    Unimproved(calls=BUDGET, seconds=1e12),
)

Question = Callable[[RunView], object]


def questions() -> Iterator[tuple[str, Question]]:
    """Yield every policy by name; a policy that is missing here is an error."""
    missing(glompo.stoppers, BaseStopper, STOPPERS)
    missing(glompo.exit_conditions, BaseExitCondition, ENDS)
    for rule in STOPPERS:
        yield type(rule).__name__, lambda view, rule=rule: rule.ask(view, TESTED)
    for rule in ENDS:
        yield type(rule).__name__, lambda view, rule=rule: rule.ask(view)
    freezer = Freeze(1e-9, BUDGET)
    yield "Freeze", lambda view: freezer.freeze(view, TESTED)
    for allocator in (EvenAllocator(), MetaMaxAllocator(), SuccessiveHalving()):
        yield type(allocator).__name__, lambda view, allocator=allocator: allocator.allocate(view, BUDGET)


def missing(room: object, base: type, measured: tuple[Rule, ...]) -> None:
    names = set(room.__all__) - {base.__name__} - {type(rule).__name__ for rule in measured}
    if names:
        raise SystemExit(f"not measured: {', '.join(sorted(names))}")


def written(evaluations: int) -> History:
    """Return a run with that many evaluations."""
    run = history(BOX, slots=OTHERS + 1)
    rng = np.random.default_rng(0)
    few = max(FEW, evaluations // 200)
    many = evaluations - OTHERS * few
    run.start("CMAOptimizer")
    # columns double when they grow: two portions leave room at the end
    evaluate(run, TESTED, min(many, many // 2 + SPARE), rng)
    evaluate(run, TESTED, many - len(run.view()[TESTED]), rng)
    for _ in range(OTHERS):
        opt = run.start("CMAOptimizer")
        evaluate(run, opt, few, rng)
    for opt in range(TESTED + 3, OTHERS + 2):
        run.converge(opt) if opt % 2 else run.stop(opt)
    return run


def evaluate(run: History, opt: int, n: int, rng: np.random.Generator) -> None:
    """Let an optimizer come near to the middle, and its values near to its number."""
    if n > 0:
        done = len(run.view()[opt])
        away = 0.99 ** (np.arange(done, done + n, dtype=float).clip(max=1500))
        points = away[:, None] * rng.uniform(-4, 4, (n, 2))
        run.evaluate(opt, (5.0 if opt == TESTED else 1.0 + 0.1 * opt) + away * rng.random(n), points)
        run.events.clear()  # only the fold is needed


def measured(evaluations: int) -> dict[str, float]:
    """Return the median microseconds of a question by policy."""
    run, asked = written(evaluations), dict(questions())
    rng = np.random.default_rng(1)
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        evaluate(run, TESTED, 1, rng)
        for name, ask in asked.items():
            view = run.view()
            begin = time.perf_counter()
            ask(view)
            times[name].append(time.perf_counter() - begin)
    return {name: 1e6 * statistics.median(took) for name, took in times.items()}


def main() -> None:
    columns = [measured(size) for size in SIZES]
    heads = [f"10^{len(str(size)) - 1}" for size in SIZES]
    print("microseconds a question, by evaluations in the history; in brackets the ratio to the first column\n")
    print(f"{'policy':26}" + "".join(f"{head:>16}" for head in heads))
    for name, first in columns[0].items():
        cells = (f"{column[name]:9.1f} ({column[name] / first:4.2f})" for column in columns)
        print(f"{name:26}" + "".join(f"{cell:>16}" for cell in cells))
    worst = max(columns[0], key=lambda name: columns[-1][name] / columns[0][name])
    print(f"\nsteepest: {worst}, {columns[-1][worst] / columns[0][worst]:.2f} times")


if __name__ == "__main__":
    main()
