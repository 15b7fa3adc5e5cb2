"""Values of settings: the task, its parameters and what makes it known again, checkpoints, processors, constructors."""

from glompo.spec.bounds import bounds_of, x0_of
from glompo.spec.checkpointing import CheckpointingControl
from glompo.spec.processors import cpus
from glompo.spec.task import task_of

__all__ = ["CheckpointingControl", "bounds_of", "cpus", "task_of", "x0_of"]
