"""When checkpoints are made, what they are called, and how many are kept."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from glompo.core.policies.ports import Checkpointing
from glompo.errors import SettingError, SettingTypeError
from glompo.validation import number, refuse_class, whole_number, yes_or_no

PATIENCE = 60.0
"""Seconds after which an optimizer that has not saved itself is no longer awaited."""

SUFFIX = ".zip"
"""Ending of a checkpoint file: it is a ZIP archive."""

_KEY = re.compile(r"%\((\w*)\)s?")
_KEYS = {
    "date": "%Y-%m-%d",
    "time": "%H-%M-%S",
    "year": "%Y",
    "yr": "%y",
    "month": "%m",
    "day": "%d",
    "hour": "%H",
    "min": "%M",
    "sec": "%S",
}


@dataclass(frozen=True, slots=True)
class CheckpointingControl:
    """Settings of the checkpoints of a run.

    A checkpoint is one file, which can be moved to another machine and loaded there with
    :meth:`glompo.GloMPOManager.load_checkpoint`. Making one does not make any optimizer wait.

    Parameters
    ----------
    checkpoint_time_frequency : float
        Seconds of run time between two checkpoints.
    checkpoint_iter_frequency : float
        Calls of the task between two checkpoints.
    checkpoint_at_init : bool
        Whether one is made before the first optimizer starts.
    checkpoint_at_conv : bool
        Whether one is made when the run ends.
    raise_checkpoint_fail : bool
        Whether the run ends, and :class:`~glompo.errors.CheckpointError` is raised, if a checkpoint has to be
        abandoned; otherwise the run goes on.
    force_task_save : bool
        Whether the task is saved by its own `checkpoint_save` even if it can be pickled.
    keep_past : int
        Checkpoints of this run that are kept besides the newest; -1 keeps all. Older ones are removed only after a
        newer one is complete.
    naming_format : str
        Name of a file, with the keys ``%(date)``, ``%(time)``, ``%(year)``, ``%(yr)``, ``%(month)``, ``%(day)``,
        ``%(hour)``, ``%(min)``, ``%(sec)`` and ``%(count)``; ``.zip`` is added.
    checkpointing_dir : path-like
        Where they go; a relative path counts from the directory of the run.
    patience : float
        Seconds after which an optimizer that has not saved itself is no longer awaited: it comes back by replay.

    Raises
    ------
    SettingError, SettingTypeError
        Naming the argument, its value and the remedy.
    """

    checkpoint_time_frequency: float = math.inf
    checkpoint_iter_frequency: float = math.inf
    checkpoint_at_init: bool = False
    checkpoint_at_conv: bool = False
    raise_checkpoint_fail: bool = False
    force_task_save: bool = False
    keep_past: int = -1
    naming_format: str = "glompo_checkpoint_%(date)_%(time)"
    checkpointing_dir: str | os.PathLike[str] = "checkpoints"
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        if self.checkpoint_time_frequency != math.inf:
            number(self, "checkpoint_time_frequency", self.checkpoint_time_frequency, 0.0, above=True)
        if self.checkpoint_iter_frequency != math.inf:
            whole_number(self, "checkpoint_iter_frequency", self.checkpoint_iter_frequency, 1)
        for name in ("checkpoint_at_init", "checkpoint_at_conv", "raise_checkpoint_fail", "force_task_save"):
            yes_or_no(self, name, getattr(self, name))
        whole_number(self, "keep_past", self.keep_past, -1)
        number(self, "patience", self.patience, 0.0)
        _check_name(self.naming_format)
        if not isinstance(self.checkpointing_dir, (str, os.PathLike)):
            raise SettingTypeError(
                f"CheckpointingControl: checkpointing_dir is {self.checkpointing_dir!r}; give the path of a directory"
            )

    def plan(self, states_every: int | None = None) -> Checkpointing:
        """Return when checkpoints are made, for the decisions of a run."""
        every = self.checkpoint_iter_frequency
        return Checkpointing(
            seconds=float(self.checkpoint_time_frequency),
            evaluations=None if every == math.inf else int(every),
            at_start=self.checkpoint_at_init,
            at_end=self.checkpoint_at_conv,
            patience=float(self.patience),
            fatal=self.raise_checkpoint_fail,
            states_every=states_every,
        )

    def file(self, run_dir: Path, count: int, now: datetime) -> Path:
        """Return where checkpoint number `count` goes; never a file that exists."""
        keys = {name: now.strftime(form) for name, form in _KEYS.items()} | {"count": f"{count:03d}"}
        name = _KEY.sub(lambda match: keys[match[1]], self.naming_format).removesuffix(SUFFIX)
        folder = run_dir / Path(self.checkpointing_dir).expanduser()
        path, again = folder / (name + SUFFIX), 1
        while path.exists():
            again += 1
            path = folder / f"{name}_{again}{SUFFIX}"
        return path

    def __str__(self) -> str:
        changed = [f"{one.name}={value!r}" for one in fields(self) if (value := getattr(self, one.name)) != one.default]
        return f"CheckpointingControl({', '.join(changed)})"


def _check_name(given: Any) -> None:
    if not isinstance(given, str):
        raise SettingTypeError(f"CheckpointingControl: naming_format is {given!r}; give a text")
    unknown = [key for key in _KEY.findall(given) if key not in (*_KEYS, "count")]
    rest = _KEY.sub("", given)
    if unknown or "%" in rest:
        raise SettingError(
            f"CheckpointingControl: naming_format is {given!r}; its keys are {', '.join(f'%({key})' for key in _KEYS)} "
            "and %(count)"
        )
    if not given or any(mark in rest for mark in "/\\\0") or given.startswith("."):
        raise SettingError(
            f"CheckpointingControl: naming_format is {given!r}; give the name of a file, and its folder as "
            "checkpointing_dir"
        )


def control_of(given: Any) -> CheckpointingControl:
    """Return the settings that a user gave, an instance; the defaults for None.

    Raises
    ------
    SettingTypeError
        If it is something else.
    """
    if given is None:
        return CheckpointingControl()
    if isinstance(given, CheckpointingControl):
        return given
    refuse_class("checkpoint_control", given)
    raise SettingTypeError(f"checkpoint_control is {given!r}; give an instance, CheckpointingControl(...)")
