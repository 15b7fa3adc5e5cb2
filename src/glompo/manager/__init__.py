"""The façades of the library: no loop, no files, only settings turned into a run and a run into a result."""

from glompo.manager.control import Control, control
from glompo.manager.documented import GloMPOManager
from glompo.manager.short import minimize

__all__ = ["Control", "GloMPOManager", "control", "minimize"]
