"""The façades of the library: no loop, no files, only settings turned into a run and a run into a result."""

from glompo.manager.live_control import Control, control
from glompo.manager.manager import GloMPOManager
from glompo.manager.minimization import minimize

__all__ = ["Control", "GloMPOManager", "control", "minimize"]
