"""One policy of each bundled class, for the contracts."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from glompo import allocators, exit_conditions, freezers, generators, selectors, stoppers
from glompo.exit_conditions import (
    IncumbentPrecision,
    MaxCost,
    MaxOptimizersConverged,
    MaxOptimizersExhausted,
    MaxOptimizersStarted,
    MaxOptimizersStopped,
    MaxTotalFunctionCalls,
    TargetFunctionValue,
    TimeLimit,
    TimeLimitThroughRestarts,
    Unimproved,
)
from glompo.freezers import Freeze
from glompo.generators import ExploitExploreGenerator, PerturbationGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.selectors import BIPOPSelector, ChainSelector
from glompo.stoppers import (
    BestUnmoving,
    EvaluationsUnmoving,
    Horizon,
    MaxFuncCalls,
    MinFuncCalls,
    OptimizerRegime,
    OptimizerType,
    ParameterDistance,
    StepSize,
)
from glompo.testing.contracts.policy import BOX

MIDDLE = [(low + high) / 2 for low, high in BOX]

SAMPLES: dict[ModuleType, list[Any]] = {
    stoppers: [
        BestUnmoving(3, 0.1),
        BestUnmoving(100),
        EvaluationsUnmoving(3, 0.1),
        Horizon(1000),
        MaxFuncCalls(100),
        MinFuncCalls(100),
        OptimizerRegime("base"),
        OptimizerType("Optimizer"),
        ParameterDistance(relative_distance=0.1),
        ParameterDistance(BOX, 0.1, test_all=True),
        StepSize(calls=3),
        BestUnmoving(50) & MinFuncCalls(20) | ~MaxFuncCalls(10),
    ],
    exit_conditions: [
        IncumbentPrecision(0.01, 20),
        MaxCost(200.0),
        MaxOptimizersConverged(1),
        MaxOptimizersExhausted(1),
        MaxOptimizersStarted(2),
        MaxOptimizersStopped(1),
        MaxTotalFunctionCalls(100),
        TargetFunctionValue(1.0),
        TimeLimit(60.0),
        TimeLimitThroughRestarts(600.0),
        Unimproved(calls=100),
        Unimproved(seconds=100.0),
        (MaxTotalFunctionCalls(100) | TimeLimit(60.0)) & ~TargetFunctionValue(-5.0),
    ],
    generators: [
        ExploitExploreGenerator(500),
        PerturbationGenerator(MIDDLE, [1.0, 2.0, 30.0]),
    ],
    selectors: [
        BIPOPSelector(CMAOptimizer),
        ChainSelector(RandomSampling, CMAOptimizer(workers=2), fcall_thresholds=[100]),
        (ChainSelector, {"fcall_thresholds": [100]}),
    ],
    allocators: [],
    freezers: [Freeze(0.01), Freeze(0.01, max_evaluations=900, min_evals=10, every=1)],
}
"""Those that need arguments."""


def samples(room: ModuleType, base: type | None = None) -> list[Any]:
    """Return one policy at least of each class of a room; those whose arguments have defaults are given as classes.

    Raises
    ------
    AssertionError
        If one is missing.
    """
    classes = [getattr(room, name) for name in room.__all__]
    classes = [cls for cls in classes if not inspect.isabstract(cls) and not cls.__name__.startswith("Base")]
    classes = [cls for cls in classes if base is None or issubclass(cls, base)]
    given = SAMPLES[room]
    covered = {one[0] if isinstance(one, tuple) else type(one) for one in given}
    bare = [cls for cls in classes if cls not in covered and not _required(cls)]
    missing = [cls.__name__ for cls in classes if cls not in covered and cls not in bare]
    assert not missing, f"add {', '.join(missing)} to SAMPLES"
    return given + bare


def _required(cls: type) -> bool:
    needed = (one for one in inspect.signature(cls).parameters.values() if one.default is one.empty)
    return any(one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in needed)


def name(sample: Any) -> str:
    """Return the name of a sample."""
    cls = sample if inspect.isclass(sample) else sample[0] if isinstance(sample, tuple) else None
    return cls.__name__ if cls is not None else str(sample)[:60]
