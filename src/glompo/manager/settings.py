"""From the arguments of a user to checked settings of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from glompo.core.policies.ports import Escalation, Option
from glompo.engine.ports import Observer
from glompo.manager.arguments import (
    any_of,
    backend_of,
    check_capabilities,
    check_sendable,
    check_slots,
    escalation_of,
    generator_of,
    progress_of,
    selector_of,
    with_methods,
)
from glompo.manager.checkpoints import extras_of
from glompo.manager.evaluation import Evaluation, evaluation_of
from glompo.manager.interruption import ON_INTERRUPT
from glompo.manager.summaries import check_summary
from glompo.manager.wiring import allocator_of, usual_end, usual_stopper
from glompo.spec import RESUME, RunSpec, cpus, one_of
from glompo.storage.checkpoint_writer import Extras
from glompo.validation import number, yes_or_no

EVALUATION = ("evaluation_timeout", "adaptive_timeout", "memory_limit", "evaluation_grace", "evaluation_threads")
"""Settings of the process of an evaluation."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a manager that has been set up knows.

    Attributes
    ----------
    spec : RunSpec
        The settings of the run.
    backend : str
        Where optimizers live.
    evaluation : Evaluation
        Where the task is evaluated.
    options : tuple of Option
        The optimizers that may start.
    escalation : Escalation or None
        When workers that do not obey are ended.
    resume : str
        Whether a run in the working directory is continued.
    on_interrupt : str
        Whether a Ctrl-C that has ended the session is raised.
    split_printstreams : bool
        Whether what each optimizer prints goes into files of its own.
    progress : Observer or None
        Who watches the run.
    status_interval : float
        Seconds between two messages of the log about the whole run.
    summary_files : int
        Level of the files that sum up the run.
    extras : callable
        What a checkpoint holds besides the journal and saved states.
    """

    spec: RunSpec
    backend: str
    evaluation: Evaluation
    options: tuple[Option, ...]
    escalation: Escalation | None
    resume: str
    on_interrupt: str
    split_printstreams: bool
    progress: Observer | None
    status_interval: float
    summary_files: int
    extras: Callable[[], Extras]

    def watching(self, observers: Sequence[Observer]) -> Sequence[Observer]:
        """Return all observers of the run: `progress`, and those given at the start."""
        return observers if self.progress is None else (self.progress, *observers)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Prepared:
        """Check the arguments of :meth:`GloMPOManager.setup`, by their names.

        Raises
        ------
        SettingError, SettingTypeError
            Naming the setting, its value and the remedy.
        """
        backend = given["backend"]
        can = backend_of(backend).capabilities
        evaluation = evaluation_of(given)
        hard = (given["force_terminations_after"], given["aggressive_kill"], given["end_timeout"])
        escalation = escalation_of(can, evaluation.can_end, *hard)
        level = check_summary(given["summary_files"])
        selector = selector_of(given["opt_selector"])
        spec = _spec(given, selector, cpus() if evaluation.engine is None else 0)
        check_slots(selector, spec.slots)
        if backend == "processes":
            check_sendable(spec.sent, selector)
        check_capabilities(selector.options, spec)
        return cls(
            spec=spec,
            backend=backend,
            evaluation=evaluation,
            options=selector.options,
            escalation=escalation,
            resume=one_of("resume", given["resume"], RESUME),
            on_interrupt=one_of("on_interrupt", given["on_interrupt"], ON_INTERRUPT),
            split_printstreams=yes_or_no("setup", "split_printstreams", given["split_printstreams"]),
            progress=progress_of(given["progress"]),
            status_interval=number("setup", "status_interval", given["status_interval"], 0.0, above=True),
            summary_files=level,
            extras=partial(extras_of, given, spec.sent, spec.control.force_task_save),
        )


def _spec(given: Mapping[str, Any], selector: Any, present: int) -> RunSpec:
    ends, stoppers, freezer = given["exit_conditions"], given["stoppers"], given["freezer"]
    return RunSpec.of(
        task=given["task"],
        bounds=given["bounds"],
        selector=selector,
        generator=generator_of(given["x0_generator"]),
        exit_condition=usual_end() if ends is None else any_of("exit_conditions", ends),
        stopper=usual_stopper() if stoppers is None else any_of("stoppers", stoppers),
        allocator=allocator_of(given["allocator"], given["deterministic"]),
        freezer=None if freezer is None else with_methods("freezer", freezer, "freeze", "thaw"),
        working_dir=given["working_dir"],
        x0=given["x0"],
        names=given["names"],
        max_jobs=given["max_jobs"],
        cpus=present,
        stopper_interval=given["stopper_interval"],
        stop_best=given["stop_best"],
        share=given["share_best_solutions"],
        detailed=given["is_log_detailed"],
        scaler=given["scaler"],
        failure_policy=given["failure_policy"],
        max_failure_rate=given["max_failure_rate"],
        durability=given["durability"],
        rng=given["rng"],
        deterministic=given["deterministic"],
        overwrite=given["overwrite_existing"],
        control=given["checkpoint_control"],
        save_states_every=given["save_states_every"],
        on_divergence=given["on_divergence"],
        places=_places(given),
        configuration=given["configuration"],
        resume_task=given["resume_task"],
    )


def _places(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return where optimizers live and the task is evaluated, as it is recorded."""
    evaluator = given["evaluator"]
    name = evaluator if isinstance(evaluator, str) else type(evaluator).__name__
    return {"backend": given["backend"], "evaluator": name, **{setting: given[setting] for setting in EVALUATION}}
