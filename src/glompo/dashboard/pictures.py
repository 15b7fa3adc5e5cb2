"""The pictures of a page, each drawn from the run on display when its tab is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glompo.dashboard.followed import FollowedRun
from glompo.read import OptimizerRow
from glompo.show.axis import ScaleKind
from glompo.show.bokeh import (
    BestPicture,
    CoordinatesPicture,
    LossesPicture,
    PairPicture,
    ParityPicture,
    PortfolioPicture,
    ResidualsPicture,
    SensitivityPicture,
    SlicePicture,
    ThemeName,
    TimelinePicture,
    TrajectoriesPicture,
)
from glompo.show.columns import parameter_columns, portfolio_columns
from glompo.show.columns.layers import Axis

Rows = tuple[OptimizerRow, ...]


@dataclass(eq=False)
class Pictures:
    """All pictures of one page.

    Attributes
    ----------
    theme : {'light', 'dark'}
        Of the page.
    against : {'evaluations', 'time', 'cost'}
        What stands on horizontal axes.
    yscale : {'auto', 'linear', 'shifted'}
        Scale of the values; a logarithm cannot be asked for where values are negative.
    first, second : int
        The two parameters on display, from 0.
    """

    theme: ThemeName = "light"
    against: Axis = "evaluations"
    yscale: ScaleKind = "auto"
    first: int = 0
    second: int = 1

    def __post_init__(self) -> None:
        self.best, self.trajectories = BestPicture(self.theme), TrajectoriesPicture(self.theme)
        self.timeline, self.portfolio = TimelinePicture(self.theme), PortfolioPicture(self.theme)
        self.coordinates, self.slice = CoordinatesPicture(self.theme), SlicePicture(self.theme)
        self.pair, self.sensitivity = PairPicture(self.theme), SensitivityPicture(self.theme)
        self.losses, self.residuals = LossesPicture(self.theme), ResidualsPicture(self.theme)
        self.parity = ParityPicture(self.theme)

    @property
    def painters(self) -> dict[str, Callable[[FollowedRun, Rows], None]]:
        """What draws the pictures of a tab, by its name."""
        return {
            "Overview": self._draw_best,
            "Trajectories": self._draw_trajectories,
            "Timeline": self._draw_timeline,
            "Portfolio": self._draw_portfolio,
            "Parameters": self._draw_parameters,
            "Calibration": self._draw_fit,
        }

    def restyle(self, theme: ThemeName) -> None:
        """Draw them for another page."""
        self.theme = theme
        for one in self._all():
            one.restyle(theme)

    def _all(self) -> list[Any]:
        few = [self.best, self.trajectories, self.timeline, self.portfolio]
        fit = [self.losses, self.residuals, self.parity]
        return [*few, self.coordinates, self.slice, self.pair, self.sensitivity, *fit]

    def _draw_best(self, run: FollowedRun, rows: Rows) -> None:
        self.best.against = self.against
        self.best.update(run.layers.best(run.recording.view, self.against, self.yscale))

    def _draw_trajectories(self, run: FollowedRun, rows: Rows) -> None:
        self.trajectories.against = self.against
        self.trajectories.update(run.layers.trajectories(rows, self.against, self.yscale))

    def _draw_timeline(self, run: FollowedRun, rows: Rows) -> None:
        self.timeline.update(run.activity.columns(rows, run.recording.summary.elapsed))

    def _draw_portfolio(self, run: FollowedRun, rows: Rows) -> None:
        self.portfolio.update(portfolio_columns(run.recording.summary, rows))

    def _draw_fit(self, run: FollowedRun, rows: Rows) -> None:
        columns = run.fit.columns()
        for one in (self.losses, self.residuals, self.parity):
            one.update(columns)

    def _draw_parameters(self, run: FollowedRun, rows: Rows) -> None:
        summary, view = run.recording.summary, run.recording.view
        columns = parameter_columns(rows, summary.names, view.box, run.sample)
        last = len(summary.names) - 1
        self.slice.parameter = min(self.first, last)
        self.pair.pair = (min(self.first, last), min(self.second, last))
        for one in (self.sensitivity, self.slice, self.pair, self.coordinates):
            one.update(columns)
