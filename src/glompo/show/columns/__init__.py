"""What pictures show, as plain columns with as much detail as can be seen; how it looks is for those that paint it.

Those of a recorded run are read at once (:func:`trajectory_columns`, :func:`best_columns`). Those of a run that goes on
grow with its events: :class:`Layers` and the other collectors here take one event after the other, and what they return
costs as much as can be seen, however long the run is.
"""

from glompo.read.decisions import Decision
from glompo.show.columns.calibration import FitColumns, FitRecord, Tables
from glompo.show.columns.decisions import Decisions
from glompo.show.columns.layers import Layers
from glompo.show.columns.parameters import ParameterColumns, Sample, parameter_columns
from glompo.show.columns.portfolio import PortfolioColumns, portfolio_columns
from glompo.show.columns.timeline import Activity, TimelineColumns
from glompo.show.columns.trajectories import (
    Against,
    BestColumns,
    Marks,
    Points,
    TimeUnit,
    TrajectoryColumns,
    best_columns,
    trajectory_columns,
)

__all__ = [
    "Activity",
    "Against",
    "BestColumns",
    "Decision",
    "Decisions",
    "FitColumns",
    "FitRecord",
    "Layers",
    "Marks",
    "ParameterColumns",
    "Points",
    "PortfolioColumns",
    "Sample",
    "Tables",
    "TimeUnit",
    "TimelineColumns",
    "TrajectoryColumns",
    "best_columns",
    "parameter_columns",
    "portfolio_columns",
    "trajectory_columns",
]
