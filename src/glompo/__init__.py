"""GloMPO: globally managed parallel optimization of expensive, multimodal, black-box functions."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from glompo._version import __version__
from glompo.earlier_names import EarlierNames, present_name

if TYPE_CHECKING:
    from glompo import allocators as allocators
    from glompo import ask_tell as ask_tell
    from glompo import calibration as calibration
    from glompo import errors as errors
    from glompo import events as events
    from glompo import exit_conditions as exit_conditions
    from glompo import freezers as freezers
    from glompo import generators as generators
    from glompo import optimizers as optimizers
    from glompo import portfolio as portfolio
    from glompo import problems as problems
    from glompo import read as read
    from glompo import selectors as selectors
    from glompo import show as show
    from glompo import stoppers as stoppers
    from glompo import tasks as tasks
    from glompo import testing as testing
    from glompo.errors import CheckpointError, GlompoError, StoreError, TaskFailedError, UserError, WorkerError
    from glompo.function import BaseFunction
    from glompo.manager import GloMPOManager, minimize
    from glompo.manager import live_control as control
    from glompo.manager.other_rules import explain, what_if
    from glompo.manager.profile import profile
    from glompo.optimizer import BaseOptimizer, MinimizeResult
    from glompo.read import Result, load
    from glompo.spec import CheckpointingControl
    from glompo.tasks.command import CommandTask

_HOMES = {
    "BaseFunction": "glompo.function",
    "BaseOptimizer": "glompo.optimizer",
    "CheckpointError": "glompo.errors",
    "CheckpointingControl": "glompo.spec",
    "CommandTask": "glompo.tasks.command",
    "GloMPOManager": "glompo.manager",
    "GlompoError": "glompo.errors",
    "MinimizeResult": "glompo.optimizer",
    "Result": "glompo.read",
    "StoreError": "glompo.errors",
    "TaskFailedError": "glompo.errors",
    "UserError": "glompo.errors",
    "WorkerError": "glompo.errors",
    "control": "glompo.manager",
    "explain": "glompo.manager.other_rules",
    "load": "glompo.read",
    "minimize": "glompo.manager",
    "profile": "glompo.manager.profile",
    "what_if": "glompo.manager.other_rules",
}

_ROOMS = (
    *("allocators", "ask_tell", "calibration", "errors", "events", "exit_conditions", "freezers", "generators"),
    *("optimizers", "portfolio", "problems", "read", "selectors", "show", "stoppers", "tasks", "testing"),
)

logging.getLogger("glompo").addHandler(logging.NullHandler())

__all__ = [
    "BaseFunction",
    "BaseOptimizer",
    "CheckpointError",
    "CheckpointingControl",
    "CommandTask",
    "GloMPOManager",
    "GlompoError",
    "MinimizeResult",
    "Result",
    "StoreError",
    "TaskFailedError",
    "UserError",
    "WorkerError",
    "__version__",
    "control",
    "explain",
    "load",
    "minimize",
    "profile",
    "what_if",
]


def __getattr__(name: str) -> Any:
    """Import a public name, or a room, on first use (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"glompo.{name}")
    hint = present_name("glompo", name) or import_module("glompo.peer_names").function_for(name)
    raise AttributeError(f"module 'glompo' has no attribute {name!r}" + (f"; {hint}" if hint else ""))


def __dir__() -> list[str]:
    return sorted((*__all__, *_ROOMS))


EarlierNames.install()
