"""Names of the earlier system and their present ones: in Python, in configurations and in the page on migration.

There are no alias modules. An earlier name is an error that tells the present one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from typing import NoReturn

SETTINGS = {
    "convergence_checker": "exit_conditions",
    "killing_conditions": "stoppers",
    "hunt_frequency": "stopper_interval",
    "optimizer_selector": "opt_selector",
}
"""Settings of the manager."""

COMPONENTS = {
    "glompo.stoppers": {
        "BaseHunter": "BaseStopper",
        "PointsInvalid": "LastPointsInvalid",
        "TypeHunter": "OptimizerType",
    },
    "glompo.exit_conditions": {
        "BaseChecker": "BaseExitCondition",
        "KillsAfterConvergence": "StopsAfterConvergence",
        "MaxFuncCalls": "MaxTotalFunctionCalls",
        "MaxKills": "MaxOptimizersStopped",
        "MaxOptsStarted": "MaxOptimizersStarted",
        "MaxSeconds": "TimeLimit or TimeLimitThroughRestarts",
        "NOptConverged": "MaxOptimizersConverged",
        "TargetCost": "TargetFunctionValue",
    },
    "glompo.generators": {"AnnealingGenerator": "glompo.optimizers.Annealing"},
    "glompo.optimizers": {"GFLS": "LeastSquares"},
}
"""Components by the module in which the present ones live; a full path where that is another one."""

MODULES = {
    "glompo.benchmark_fncs": "glompo.problems",
    "glompo.convergence": "glompo.exit_conditions",
    "glompo.core.checkpointing": "glompo, as glompo.CheckpointingControl",
    "glompo.core.manager": "glompo, as glompo.GloMPOManager",
    "glompo.hunters": "glompo.stoppers",
    "glompo.opt_selectors": "glompo.selectors",
}
"""Modules."""


def present_name(module: str, name: str) -> str | None:
    """Return in words where what had this name in a module lives now; None if it had another name or none."""
    if (moved := MODULES.get(f"{module}.{name}")) is not None:
        return f"what was in {module}.{name} is in {moved}"
    if (new := COMPONENTS.get(module, {}).get(name)) is None:
        return None
    return f"it is {new}" if "." in new else f"it is called {new} here"


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Return the `__getattr__` of a module, which tells the present names of earlier ones."""

    def __getattr__(name: str) -> NoReturn:
        hint = present_name(module, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}" + (f"; {hint}" if hint else ""))

    return __getattr__


class EarlierNames(MetaPathFinder):
    """Tells the present name where an earlier one is imported; it finds nothing.

    Python asks it after all others, also for a name that is imported from a package and is no attribute of it.
    """

    @classmethod
    def install(cls) -> None:
        """Be asked, once."""
        if not any(type(finder).__qualname__ == cls.__qualname__ for finder in sys.meta_path):
            sys.meta_path.append(cls())

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        """Raise ImportError for an earlier name.

        Raises
        ------
        ImportError
            Telling the present one.
        """
        if not fullname.startswith("glompo."):
            return
        module, _, name = fullname.rpartition(".")
        if (hint := present_name(module, name)) is not None:
            raise ImportError(f"there is no {name!r} in {module}; {hint}", name=fullname)
