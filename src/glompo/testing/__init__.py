"""Tools for testing policies and optimizers of your own, and ours. Nothing here needs pytest."""

from glompo.testing.contracts.allocator import AllocatorContract
from glompo.testing.contracts.base import Contract
from glompo.testing.contracts.exit_condition import ExitConditionContract
from glompo.testing.contracts.freezer import FreezerContract
from glompo.testing.contracts.generator import GeneratorContract
from glompo.testing.contracts.optimizer import OptimizerContract
from glompo.testing.contracts.selector import SelectorContract
from glompo.testing.contracts.stopper import StopperContract
from glompo.testing.fault_simulation.decision_trace import Essence, essence_of
from glompo.testing.fault_simulation.faults import BadSync, Crash, Fault, FullDisk, Hang, Kill, Loss, PowerCut, Slow
from glompo.testing.fault_simulation.fuzz import Tour, shrunk, tour
from glompo.testing.fault_simulation.invariants import BrokenPromiseError
from glompo.testing.fault_simulation.scenario import Scene
from glompo.testing.fault_simulation.simulated_run import World, world
from glompo.testing.histories import history
from glompo.testing.memory_log import MemoryLog
from glompo.testing.scripted import ScriptedOptimizer
from glompo.testing.simulation import Simulated, simulate, sphere

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
