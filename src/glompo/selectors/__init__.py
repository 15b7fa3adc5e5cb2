"""What starts next, and may it? One idea per file."""

from glompo.selectors.bandit_selector import BanditSelector
from glompo.selectors.base import BaseSelector
from glompo.selectors.bipop_selector import BIPOPSelector
from glompo.selectors.chain_selector import ChainSelector
from glompo.selectors.cycle_selector import CycleSelector
from glompo.selectors.iter_spawn_stop import IterSpawnStop
from glompo.selectors.n_optimizers_spawn_stop import NOptimizersSpawnStop
from glompo.selectors.random_selector import RandomSelector

__all__ = [
    "BIPOPSelector",
    "BanditSelector",
    "BaseSelector",
    "ChainSelector",
    "CycleSelector",
    "IterSpawnStop",
    "NOptimizersSpawnStop",
    "RandomSelector",
]
