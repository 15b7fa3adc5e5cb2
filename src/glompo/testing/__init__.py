"""Tools for testing policies and optimizers of your own, and ours. Nothing here needs pytest."""

from glompo.testing.allocator_contract import AllocatorContract
from glompo.testing.contract import Contract
from glompo.testing.exit_condition_contract import ExitConditionContract
from glompo.testing.freezer_contract import FreezerContract
from glompo.testing.generator_contract import GeneratorContract
from glompo.testing.histories import history
from glompo.testing.memory_log import MemoryLog
from glompo.testing.optimizer_contract import OptimizerContract
from glompo.testing.scripted import ScriptedOptimizer
from glompo.testing.selector_contract import SelectorContract
from glompo.testing.simulation import Simulated, simulate, sphere
from glompo.testing.stopper_contract import StopperContract

__all__ = [
    "AllocatorContract",
    "Contract",
    "ExitConditionContract",
    "FreezerContract",
    "GeneratorContract",
    "MemoryLog",
    "OptimizerContract",
    "ScriptedOptimizer",
    "SelectorContract",
    "Simulated",
    "StopperContract",
    "history",
    "simulate",
    "sphere",
]
