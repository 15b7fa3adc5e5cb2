"""How a result and a history show themselves: by displays that stand above reading, named by address.

Reading knows no pictures. As a plot backend is in other libraries, a display is therefore named by the address of what
makes it, and found on first use; what is found there gets the run, and nothing of it is known here.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

PLOTS = "glompo.show.run_plots:RunPlots"
NOTEBOOK = "glompo.show.html.notebook:notebook_html"


class Displays:
    """What results and histories have in common when they are looked at."""

    __slots__ = ()

    @property
    def plot(self) -> Any:
        """Pictures of the run: ``plot.trajectories()``, ``plot.best_so_far()``, as ``RunPlots`` describes them."""
        return resolve_name(PLOTS)(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return str(resolve_name(NOTEBOOK)(self))
