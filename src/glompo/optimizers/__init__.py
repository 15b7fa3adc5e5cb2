"""The optimizers that come with the library; a missing optional package disables only its own."""

from glompo.optimizers.cma import CMAOptimizer
from glompo.optimizers.function import FunctionOptimizer
from glompo.optimizers.random_sampling import RandomSampling
from glompo.optimizers.scipy import Scipy

__all__ = ["CMAOptimizer", "FunctionOptimizer", "RandomSampling", "Scipy"]
