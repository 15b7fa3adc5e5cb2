"""The optimizers that come with the library; a missing optional package disables only its own."""

from typing import TYPE_CHECKING

from glompo.earlier_names import refusing
from glompo.optimizers.adaptive_rate_monte_carlo import AdaptiveRateMonteCarlo
from glompo.optimizers.annealing import Annealing
from glompo.optimizers.cma import CMAOptimizer
from glompo.optimizers.cmaes import CMAES
from glompo.optimizers.function import FunctionOptimizer
from glompo.optimizers.gest_generator import GestGenerator
from glompo.optimizers.grid_sampling import GridSampling
from glompo.optimizers.least_squares import LeastSquares
from glompo.optimizers.nevergrad import Nevergrad
from glompo.optimizers.nlopt import Nlopt
from glompo.optimizers.optuna_sampler import OptunaSampler
from glompo.optimizers.pygmo import Pygmo
from glompo.optimizers.random_sampling import RandomSampling
from glompo.optimizers.scipy import Scipy

__all__ = [
    "CMAES",
    "AdaptiveRateMonteCarlo",
    "Annealing",
    "CMAOptimizer",
    "FunctionOptimizer",
    "GestGenerator",
    "GridSampling",
    "LeastSquares",
    "Nevergrad",
    "Nlopt",
    "OptunaSampler",
    "Pygmo",
    "RandomSampling",
    "Scipy",
]

if not TYPE_CHECKING:  # else any name would do for a type checker
    __getattr__ = refusing(__name__)
