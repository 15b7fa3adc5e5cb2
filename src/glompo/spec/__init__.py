"""What a run is asked to do: validated settings, and the only place that says "invalid bounds"."""

from glompo.spec.bounds import bounds_of, x0_of
from glompo.spec.checkpointing import CheckpointingControl
from glompo.spec.failures import failure_policy_of
from glompo.spec.imports import imported
from glompo.spec.processors import cpus
from glompo.spec.run import RESUME, RunSpec, one_of, refuse_unknown, slots_of
from glompo.spec.task import task_of

__all__ = [
    "RESUME",
    "CheckpointingControl",
    "RunSpec",
    "bounds_of",
    "cpus",
    "failure_policy_of",
    "imported",
    "one_of",
    "refuse_unknown",
    "slots_of",
    "task_of",
    "x0_of",
]
