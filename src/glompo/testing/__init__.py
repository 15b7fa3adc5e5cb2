"""Tools for testing policies and optimizers of your own, and ours."""

from glompo.testing.histories import history
from glompo.testing.memory_log import MemoryLog
from glompo.testing.scripted import ScriptedOptimizer
from glompo.testing.simulation import Simulated, simulate, sphere

__all__ = ["MemoryLog", "ScriptedOptimizer", "Simulated", "history", "simulate", "sphere"]
