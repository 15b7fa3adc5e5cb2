"""All settings of a run, validated together and frozen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Allocator, Freezer, Generator, Selector
from glompo.core.policies.rule import Rule
from glompo.core.streams import entropy_of
from glompo.earlier_names import SETTINGS as EARLIER_SETTINGS
from glompo.errors import SettingError, SettingTypeError
from glompo.function import FailurePolicy
from glompo.safe_text import writable
from glompo.spec import processors
from glompo.spec.bounds import bounds_of, x0_of
from glompo.spec.checkpointing import CheckpointingControl, control_of
from glompo.spec.failures import failure_policy_of
from glompo.spec.fingerprint import RESUME_TASK, fingerprint
from glompo.spec.scales import scales_of
from glompo.spec.task import columns_of, task_of
from glompo.validation import number, whole_number, yes_or_no

RESUME = ("never", "auto", "must")
"""What to do with a run that is in the working directory."""

ON_DIVERGENCE = ("warm-start", "fail")
"""What becomes of an optimizer that no longer does what is recorded of it."""

Durability = Literal["batch", "always", "none"]
"""When records are forced to the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """Settings of a run. Build one with :meth:`of`, which checks them all.

    `sent` is what goes to other processes in place of `task`: its import path, if it was given as one. `cpus` are the
    processors that evaluations share on this machine, 0 if they are computed elsewhere. `seed` is the number that the
    user gave for `entropy`, if it was one. `places` says in plain data where optimizers live and the task is evaluated.
    `task_digests` are those by which the task is known again, unless `task_may_change`.
    """

    task: Callable[..., Any]
    sent: Callable[..., Any] | str
    task_name: str
    bounds: NDArray[np.float64]
    x0: NDArray[np.float64] | None
    names: tuple[str, ...] | None
    headers: tuple[str, ...]
    selector: Selector
    generator: Generator
    exit: Rule
    stopper: Rule | None
    allocator: Allocator
    freezer: Freezer | None
    slots: int
    cpus: int
    stopper_interval: int
    stop_best: bool
    share: bool
    detailed: bool
    scaler: tuple[str, ...]
    failures: FailurePolicy
    max_failure_rate: float
    durability: Durability
    entropy: tuple[int, ...]
    deterministic: bool
    working_dir: Path | None
    overwrite: bool
    control: CheckpointingControl
    save_states_every: int | None
    on_divergence: str
    seed: int | None
    places: Mapping[str, Any]
    configuration: Mapping[str, Any] | None = None
    task_digests: dict[str, str] = field(default_factory=dict)
    task_may_change: bool = False

    @classmethod
    def of(
        cls,
        *,
        task: Any,
        bounds: Any,
        selector: Selector,
        generator: Generator,
        exit_condition: Any,
        stopper: Any,
        allocator: Allocator,
        freezer: Freezer | None = None,
        working_dir: Any,
        x0: Any = None,
        names: Sequence[str] | None = None,
        max_jobs: int | None = None,
        cpus: int = 0,
        stopper_interval: int = 10,
        stop_best: bool = False,
        share: bool = False,
        detailed: bool = False,
        scaler: Any = "none",
        failure_policy: Any = "penalize",
        max_failure_rate: float = 1.0,
        durability: str = "batch",
        rng: Any = None,
        deterministic: bool = False,
        overwrite: bool = False,
        control: Any = None,
        save_states_every: int | None = None,
        on_divergence: str = "warm-start",
        places: Mapping[str, Any] | None = None,
        configuration: Mapping[str, Any] | None = None,
        resume_task: str = "same",
    ) -> RunSpec:
        """Return the settings, checked.

        Raises
        ------
        SettingError, SettingTypeError
            Naming the setting, its value and what to give instead.
        """
        function, task_name = task_of(task)
        if configuration is not None and not isinstance(configuration, Mapping):
            raise SettingTypeError(f"configuration is {configuration!r}; give a mapping, as it is read from a file")
        box = bounds_of(bounds)
        called = _names(names, len(box))
        headers = columns_of(function, task_name, yes_or_no("setup", "is_log_detailed", detailed))
        return cls(
            task=function,
            sent=task_name if isinstance(task, str) else function,
            task_name=task_name,
            bounds=box,
            x0=None if x0 is None else x0_of(x0, box),
            names=called,
            headers=headers,
            selector=selector,
            generator=generator,
            exit=_rule("exit_conditions", exit_condition),
            stopper=None if stopper is None else _rule("stoppers", stopper),
            allocator=allocator,
            freezer=freezer,
            slots=slots_of(max_jobs),
            cpus=cpus,
            stopper_interval=whole_number("setup", "stopper_interval", stopper_interval, 1),
            stop_best=yes_or_no("setup", "stop_best", stop_best),
            share=yes_or_no("setup", "share_best_solutions", share),
            detailed=detailed,
            scaler=scales_of(scaler, box, called),
            failures=failure_policy_of(failure_policy),
            max_failure_rate=number("setup", "max_failure_rate", max_failure_rate, 0.0, 1.0, above=True),
            durability=cast(Durability, one_of("durability", durability, get_args(Durability))),
            entropy=_entropy(rng),
            deterministic=yes_or_no("setup", "deterministic", deterministic),
            working_dir=None if working_dir is None else _directory(working_dir),
            overwrite=yes_or_no("setup", "overwrite_existing", overwrite),
            control=control_of(control),
            save_states_every=None
            if save_states_every is None
            else whole_number("setup", "save_states_every", save_states_every, 1),
            on_divergence=one_of("on_divergence", on_divergence, ON_DIVERGENCE),
            seed=int(rng) if isinstance(rng, (int, np.integer)) else None,
            places=places or {},
            configuration=configuration,
            task_digests=fingerprint(function),
            task_may_change=one_of("resume_task", resume_task, RESUME_TASK) == "changed",
        )

    def describe(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {name: _written(value) for name, value in self._described().items()}

    def _described(self) -> dict[str, Any]:
        return {
            "task": self.task_name,
            "dims": len(self.bounds),
            "names": list(self.names) if self.names else None,
            "headers": list(self.headers) or None,
            "x0": None if self.x0 is None else self.x0.tolist(),
            "max_jobs": self.slots,
            "max_evaluations": self.exit.budget(),
            "exit_conditions": str(self.exit),
            "stoppers": None if self.stopper is None else str(self.stopper),
            "stopper_interval": self.stopper_interval,
            "stop_best": self.stop_best,
            "opt_selector": str(self.selector),
            "x0_generator": str(self.generator),
            "allocator": str(self.allocator),
            "freezer": None if self.freezer is None else str(self.freezer),
            "share_best_solutions": self.share,
            "is_log_detailed": self.detailed,
            "scaler": self.scaler[0] if len(set(self.scaler)) == 1 else list(self.scaler),
            "failure_policy": str(self.failures),
            "max_failure_rate": self.max_failure_rate,
            "deterministic": self.deterministic,
            "durability": self.durability,
            "checkpoint_control": str(self.control) if self.control != CheckpointingControl() else None,
            "save_states_every": self.save_states_every,
            "on_divergence": self.on_divergence,
            "rng": self.seed,
            **self.places,
        }


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [_written(item) for item in value]
    return writable(value) if isinstance(value, str) else value


def slots_of(max_jobs: int | None) -> int:
    """Return the slots of a run: the CPUs that this process may use, but one, if the user does not say; -1 for all.

    Raises
    ------
    SettingError, SettingTypeError
        If it is neither a whole number of 1 or more, nor -1.
    """
    if max_jobs is None:
        return max(1, processors.cpus() - 1)
    if not isinstance(max_jobs, bool) and max_jobs == -1:
        return processors.cpus()
    return whole_number("setup", "max_jobs", max_jobs, 1)


def refuse_unknown(owner: str, given: Iterable[str], known: Collection[str]) -> None:
    """Refuse settings that do not exist.

    Raises
    ------
    SettingTypeError
        Naming the setting, and the nearest one that there is.
    """
    for name in given:
        if name in known:
            continue
        if name in EARLIER_SETTINGS:
            raise SettingTypeError(f"{owner} has no setting {name!r}; it is called {EARLIER_SETTINGS[name]!r} here")
        near = get_close_matches(name, list(known), 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(sorted(known))}"
        raise SettingTypeError(f"{owner} has no setting {name!r}{hint}")


def _rule(name: str, given: Any) -> Rule:
    if not isinstance(given, Rule):
        raise SettingTypeError(f"{name} is {given!r}; give one, or several joined by & | ~")
    return given


def one_of(name: str, given: Any, allowed: Sequence[str]) -> str:
    """Return `given` if it is among `allowed`; else raise a SettingError."""
    if given not in allowed:
        raise SettingError(f"{name} is {given!r}; use one of {', '.join(map(repr, allowed))}")
    return str(given)


def _names(given: Sequence[str] | None, dims: int) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = tuple(map(str, given)) if isinstance(given, Sequence) and not isinstance(given, str) else ()
    if len(names) != dims or len(set(names)) != dims:
        raise SettingError(f"names are {given!r}; give {dims} different ones, one for each parameter")
    return names


def _entropy(rng: Any) -> tuple[int, ...]:
    try:
        if isinstance(rng, bool):
            raise TypeError("True and False are no seeds")
        return entropy_of(rng)
    except (TypeError, ValueError) as error:
        raise SettingTypeError(
            f"rng is {rng!r}: {error}; give None, a whole number of 0 or more, or a numpy generator or seed sequence"
        ) from error


def _directory(given: Any) -> Path:
    try:
        path = Path(given).expanduser()
    except TypeError:
        raise SettingTypeError(f"working_dir is {given!r}; give the path of a directory") from None
    try:
        there = path.exists()
    except (OSError, ValueError) as error:  # a name that is too long, or holds a zero
        raise SettingError(f"working_dir {str(given)[:80]!r} is no path: {error}; give that of a directory") from None
    if there and not path.is_dir():
        raise SettingError(f"working_dir {path} is a file; give the path of a directory")
    try:
        return path.absolute()
    except OSError as error:
        raise SettingError(
            f"working_dir {path} is relative, and the current directory is gone ({error.strerror}); give an absolute "
            "path, or go to a directory that is there"
        ) from error
