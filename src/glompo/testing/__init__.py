"""Tools for testing policies and optimizers of your own, and ours. Nothing here needs pytest."""

from glompo.testing.contracts.allocator import AllocatorContract
from glompo.testing.contracts.base import Contract
from glompo.testing.contracts.exit_condition import ExitConditionContract
from glompo.testing.contracts.freezer import FreezerContract
from glompo.testing.contracts.generator import GeneratorContract
from glompo.testing.contracts.optimizer import OptimizerContract
from glompo.testing.contracts.selector import SelectorContract
from glompo.testing.contracts.stopper import StopperContract
from glompo.testing.fault_simulation.decision_trace import DecisionTrace, trace_of
from glompo.testing.fault_simulation.faults import BadSync, Crash, Fault, FullDisk, Hang, Kill, Loss, PowerCut, Slow
from glompo.testing.fault_simulation.fuzz import FuzzReport, fuzz, shrink
from glompo.testing.fault_simulation.invariants import BrokenPromiseError
from glompo.testing.fault_simulation.scenario import Scenario
from glompo.testing.fault_simulation.simulated_run import SimulatedRun, simulated_run
from glompo.testing.histories import history
from glompo.testing.memory_log import MemoryLog
from glompo.testing.scripted import ScriptedOptimizer
from glompo.testing.simulation import Simulated, simulate, sphere

world, tour, Tour, Scene, Essence, essence_of = simulated_run, fuzz, FuzzReport, Scenario, DecisionTrace, trace_of
"""Earlier names."""

__all__ = [
    "AllocatorContract",
    "BadSync",
    "BrokenPromiseError",
    "Contract",
    "Crash",
    "DecisionTrace",
    "ExitConditionContract",
    "Fault",
    "FreezerContract",
    "FullDisk",
    "FuzzReport",
    "GeneratorContract",
    "Hang",
    "Kill",
    "Loss",
    "MemoryLog",
    "OptimizerContract",
    "PowerCut",
    "Scenario",
    "ScriptedOptimizer",
    "SelectorContract",
    "Simulated",
    "SimulatedRun",
    "Slow",
    "StopperContract",
    "fuzz",
    "history",
    "shrink",
    "simulate",
    "simulated_run",
    "sphere",
    "trace_of",
]
