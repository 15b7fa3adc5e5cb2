"""What people see of a run: progress in a terminal, pictures. From the room `read` only; nothing disturbs a run."""

from glompo.show.plots import best_so_far, trajectories
from glompo.show.progress import Progress

__all__ = ["Progress", "best_so_far", "trajectories"]
