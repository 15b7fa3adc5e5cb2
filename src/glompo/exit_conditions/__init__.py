"""Is the run over? One idea per file; they combine with ``&``, ``|`` and ``~``."""

from typing import TYPE_CHECKING

from glompo.earlier_names import refusing
from glompo.exit_conditions.base import BaseExitCondition
from glompo.exit_conditions.incumbent_precision import IncumbentPrecision
from glompo.exit_conditions.max_cost import MaxCost
from glompo.exit_conditions.max_optimizers_converged import MaxOptimizersConverged
from glompo.exit_conditions.max_optimizers_exhausted import MaxOptimizersExhausted
from glompo.exit_conditions.max_optimizers_started import MaxOptimizersStarted
from glompo.exit_conditions.max_optimizers_stopped import MaxOptimizersStopped
from glompo.exit_conditions.max_total_function_calls import MaxTotalFunctionCalls
from glompo.exit_conditions.stops_after_convergence import StopsAfterConvergence
from glompo.exit_conditions.target_function_value import TargetFunctionValue
from glompo.exit_conditions.time_limit import TimeLimit
from glompo.exit_conditions.time_limit_through_restarts import TimeLimitThroughRestarts
from glompo.exit_conditions.unimproved import Unimproved

__all__ = [
    "BaseExitCondition",
    "IncumbentPrecision",
    "MaxCost",
    "MaxOptimizersConverged",
    "MaxOptimizersExhausted",
    "MaxOptimizersStarted",
    "MaxOptimizersStopped",
    "MaxTotalFunctionCalls",
    "StopsAfterConvergence",
    "TargetFunctionValue",
    "TimeLimit",
    "TimeLimitThroughRestarts",
    "Unimproved",
]

if not TYPE_CHECKING:  # else any name would do for a type checker
    __getattr__ = refusing(__name__)
