"""Where does the next optimizer start? One idea per file."""

from typing import TYPE_CHECKING

from glompo.earlier_names import refusing
from glompo.generators.base import BaseGenerator
from glompo.generators.basin_hopping_generator import BasinHoppingGenerator
from glompo.generators.best_sampled_generator import BestSampledGenerator
from glompo.generators.crossover_generator import CrossoverGenerator
from glompo.generators.exploit_explore_generator import ExploitExploreGenerator
from glompo.generators.far_from_known import FarFromKnown
from glompo.generators.incumbent_generator import IncumbentGenerator
from glompo.generators.incumbent_hops import IncumbentHops
from glompo.generators.perturbation_generator import PerturbationGenerator
from glompo.generators.random_generator import RandomGenerator
from glompo.generators.single_point_generator import SinglePointGenerator
from glompo.generators.sobol_generator import SobolGenerator

__all__ = [
    "BaseGenerator",
    "BasinHoppingGenerator",
    "BestSampledGenerator",
    "CrossoverGenerator",
    "ExploitExploreGenerator",
    "FarFromKnown",
    "IncumbentGenerator",
    "IncumbentHops",
    "PerturbationGenerator",
    "RandomGenerator",
    "SinglePointGenerator",
    "SobolGenerator",
]

if not TYPE_CHECKING:  # else any name would do for a type checker
    __getattr__ = refusing(__name__)
