"""Pictures of a run drawn by Bokeh: on the pages of the dashboard, in reports and in notebooks.

Each has a `layout`, a model of Bokeh, and `update(columns)`, which draws what the columns of
:mod:`glompo.show.columns` say, in place. A picture that is never updated again is a static one.
"""

from glompo.errors import UserError

try:
    import bokeh as _bokeh  # noqa: F401
except ImportError as error:
    raise UserError("these pictures need Bokeh, which is not installed: pip install 'glompo[dashboard]'") from error

from glompo.show.bokeh.best import BestPicture
from glompo.show.bokeh.calibration import LossesPicture, ParityPicture, ResidualsPicture
from glompo.show.bokeh.parameters import CoordinatesPicture, PairPicture, SensitivityPicture, SlicePicture
from glompo.show.bokeh.portfolio import PortfolioPicture
from glompo.show.bokeh.theme import ThemeName
from glompo.show.bokeh.timeline import TimelinePicture
from glompo.show.bokeh.trajectories import TrajectoriesPicture

__all__ = [
    "BestPicture",
    "CoordinatesPicture",
    "LossesPicture",
    "PairPicture",
    "ParityPicture",
    "PortfolioPicture",
    "ResidualsPicture",
    "SensitivityPicture",
    "SlicePicture",
    "ThemeName",
    "TimelinePicture",
    "TrajectoriesPicture",
]
