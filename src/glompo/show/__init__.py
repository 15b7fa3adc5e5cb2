"""Progress of a run in a terminal, and pictures of it; all from `glompo.read`, so nothing here disturbs a run."""

from glompo.show.plots import best_so_far, trajectories
from glompo.show.progress import Progress

__all__ = ["Progress", "best_so_far", "trajectories"]
