"""Pictures of Bokeh inside a page that needs no network."""

from __future__ import annotations

from typing import Any

from glompo.errors import UserError
from glompo.show.columns import BestColumns, TrajectoryColumns


def drawn(trajectories: TrajectoryColumns, best: BestColumns) -> tuple[str, list[str]] | None:
    """Return what the head of a page needs for the pictures, and each picture; None if Bokeh is not installed."""
    try:
        from glompo.show.bokeh import BestPicture, TrajectoriesPicture
    except UserError:
        return None
    from bokeh.embed import components
    from bokeh.resources import Resources

    first, second = TrajectoriesPicture(), BestPicture()
    first.update(trajectories)
    second.update(best)
    resources: Any = Resources(mode="inline", components=["bokeh", "bokeh-widgets"])
    script, places = components((first.layout, second.layout))
    return resources.render_js() + script, [f'<div class="drawn">{place}</div>' for place in places]
