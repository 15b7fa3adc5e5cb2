"""How a result and a history show themselves: by displays that stand above reading, named by address.

Reading knows no pictures. As a plot backend is in other libraries, a display is therefore named by the address of what
makes it, and found on first use; what is found there gets the run, and nothing of it is known here.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glompo.show.run_plots import RunPlots

PLOTS = "glompo.show.run_plots:RunPlots"
NOTEBOOK = "glompo.show.html.notebook:notebook_html"


class Displays:
    """What results and histories have in common when they are looked at."""

    __slots__ = ()

    @property
    def plot(self) -> RunPlots:
        """Pictures of the run: ``plot.trajectories()``, ``plot.best_so_far()``."""
        made: Any = resolve_name(PLOTS)
        return made(self)  # type: ignore[no-any-return]

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        shown: Any = resolve_name(NOTEBOOK)
        return shown(self)  # type: ignore[no-any-return]
