"""Progress of a run in a terminal, and pictures of it; all from `glompo.read`, so nothing here disturbs a run."""

from glompo.show.columns import BestColumns, Marks, Points, TrajectoryColumns, best_columns, trajectory_columns
from glompo.show.film import film
from glompo.show.plots import best_so_far, trajectories
from glompo.show.progress import Progress

__all__ = [
    "BestColumns",
    "Marks",
    "Points",
    "Progress",
    "TrajectoryColumns",
    "best_columns",
    "best_so_far",
    "film",
    "trajectories",
    "trajectory_columns",
]
