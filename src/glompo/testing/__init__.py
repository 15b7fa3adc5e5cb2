"""Tools for testing policies and optimizers of your own, and ours. Nothing here needs pytest."""

from glompo.testing.allocator_contract import AllocatorContract
from glompo.testing.contract import Contract
from glompo.testing.essence import Essence, essence_of
from glompo.testing.exit_condition_contract import ExitConditionContract
from glompo.testing.faults import BadSync, Crash, Fault, FullDisk, Hang, Kill, Loss, PowerCut, Slow
from glompo.testing.freezer_contract import FreezerContract
from glompo.testing.generator_contract import GeneratorContract
from glompo.testing.histories import history
from glompo.testing.ledger import BrokenPromiseError
from glompo.testing.memory_log import MemoryLog
from glompo.testing.optimizer_contract import OptimizerContract
from glompo.testing.scene import Scene
from glompo.testing.scripted import ScriptedOptimizer
from glompo.testing.selector_contract import SelectorContract
from glompo.testing.simulation import Simulated, simulate, sphere
from glompo.testing.stopper_contract import StopperContract
from glompo.testing.touring import Tour, shrunk, tour
from glompo.testing.worlds import World, world

__all__ = [
    "AllocatorContract",
    "BadSync",
    "BrokenPromiseError",
    "Contract",
    "Crash",
    "Essence",
    "ExitConditionContract",
    "Fault",
    "FreezerContract",
    "FullDisk",
    "GeneratorContract",
    "Hang",
    "Kill",
    "Loss",
    "MemoryLog",
    "OptimizerContract",
    "PowerCut",
    "Scene",
    "ScriptedOptimizer",
    "SelectorContract",
    "Simulated",
    "Slow",
    "StopperContract",
    "Tour",
    "World",
    "essence_of",
    "history",
    "shrunk",
    "simulate",
    "sphere",
    "tour",
    "world",
]
