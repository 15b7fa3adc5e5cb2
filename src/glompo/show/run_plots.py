"""The pictures of one run as methods: ``result.plot.trajectories()``."""

from __future__ import annotations

from typing import Any, Literal

from glompo.errors import SettingError
from glompo.read import History, Result
from glompo.safe_text import legible
from glompo.show.columns import best_columns, trajectory_columns
from glompo.show.plots import best_so_far, loaded, trajectories

Backend = Literal["matplotlib", "bokeh"]

BACKENDS = ("matplotlib", "bokeh")

COLUMN_SETTINGS = frozenset({"best_only", "yscale", "xunit"})
"""What the columns of a picture of Bokeh can be told; the looks are those of its page."""


class RunPlots:
    """Draws one run; a notebook shows what is returned.

    Parameters
    ----------
    run : Result or History
        The run.
    """

    def __init__(self, run: Result | History) -> None:
        self._run = run

    def __repr__(self) -> str:
        return legible(f"<plots of the run in {self._run.run_dir}: trajectories(), best_so_far()>")

    def trajectories(self, *, backend: Backend = "matplotlib", **settings: Any) -> Any:
        """Return the picture of all trajectories.

        Parameters
        ----------
        backend : {'matplotlib', 'bokeh'}
            What draws it.
        **settings
            As for :func:`glompo.show.trajectories`, such as ``ax=``. With Bokeh ``against``, ``best_only``, ``yscale``.

        Returns
        -------
        matplotlib.figure.Figure or a layout of Bokeh

        Raises
        ------
        SettingError, SettingTypeError
            If a setting cannot be used.
        UserError
            If the run was not recorded, or what draws is not installed.
        """
        if _is_bokeh(backend, settings, COLUMN_SETTINGS - {"xunit"}):
            from glompo.show.bokeh import TrajectoriesPicture

            against = settings.pop("against", "evaluations")
            columns = trajectory_columns(loaded(self._run), against, **settings)
            return _shown(TrajectoriesPicture("light", against), columns)
        return trajectories(self._run, **settings)

    def best_so_far(self, *, backend: Backend = "matplotlib", **settings: Any) -> Any:
        """Return the picture of the best value as it fell; see :meth:`trajectories`."""
        if _is_bokeh(backend, settings, frozenset({"yscale"})):
            from glompo.show.bokeh import BestPicture

            against = settings.pop("against", "evaluations")
            return _shown(BestPicture("light", against), best_columns(loaded(self._run), against, **settings))
        return best_so_far(self._run, **settings)


def _is_bokeh(backend: str, settings: dict[str, Any], known: frozenset[str]) -> bool:
    """Return whether Bokeh draws, which takes fewer settings."""
    if backend not in BACKENDS:
        raise SettingError(f"backend is {backend!r}; use one of {', '.join(map(repr, BACKENDS))}")
    unknown = sorted(settings.keys() - known - {"against"})
    if backend == "bokeh" and unknown:
        raise SettingError(f"{unknown[0]} is for backend='matplotlib'; Bokeh takes against, {', '.join(sorted(known))}")
    return backend == "bokeh"


def _shown(picture: Any, columns: Any) -> Any:
    picture.update(columns)
    return picture.layout
