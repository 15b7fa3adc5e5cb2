"""Which optimizers should stop, and why: one idea per file; they combine with ``&``, ``|`` and ``~``."""

from typing import TYPE_CHECKING

from glompo.earlier_names import refusing
from glompo.stoppers.base import BaseStopper
from glompo.stoppers.best_unmoving import BestUnmoving
from glompo.stoppers.catch_up import CatchUp
from glompo.stoppers.duplicate import Duplicate
from glompo.stoppers.evaluations_unmoving import EvaluationsUnmoving
from glompo.stoppers.horizon import Horizon
from glompo.stoppers.last_points_invalid import LastPointsInvalid
from glompo.stoppers.max_func_calls import MaxFuncCalls
from glompo.stoppers.min_func_calls import MinFuncCalls
from glompo.stoppers.optimizer_regime import OptimizerRegime
from glompo.stoppers.optimizer_type import OptimizerType
from glompo.stoppers.outdated import Outdated
from glompo.stoppers.parameter_distance import ParameterDistance
from glompo.stoppers.rung_race import RungRace
from glompo.stoppers.step_size import StepSize
from glompo.stoppers.time_annealing import TimeAnnealing
from glompo.stoppers.value_annealing import ValueAnnealing

__all__ = [
    "BaseStopper",
    "BestUnmoving",
    "CatchUp",
    "Duplicate",
    "EvaluationsUnmoving",
    "Horizon",
    "LastPointsInvalid",
    "MaxFuncCalls",
    "MinFuncCalls",
    "OptimizerRegime",
    "OptimizerType",
    "Outdated",
    "ParameterDistance",
    "RungRace",
    "StepSize",
    "TimeAnnealing",
    "ValueAnnealing",
]

if not TYPE_CHECKING:  # else any name would do for a type checker
    __getattr__ = refusing(__name__)
