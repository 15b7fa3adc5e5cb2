"""Progress in a notebook: one output that is drawn anew in place, without widgets."""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

from glompo.read import OptimizerRow, Summary
from glompo.show import formatting as fmt
from glompo.show.html.parts import facts, paragraphs, text

PAUSE = 1.0
"""Seconds of run time between two drawings."""

ENDS_SHOWN = 5
"""Optimizers that ended last, at most."""


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    return shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None


class CellDisplay:
    """The present of a run, and the optimizers that ended last, in one output of a cell."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._ends: deque[str] = deque(maxlen=ENDS_SHOWN)
        self._due = 0.0

    def begin(self, summary: Summary) -> None:
        """Open the output."""
        from IPython.display import display

        self._handle = display(  # type: ignore[no-untyped-call]
            self._html(summary), display_id=True
        )
        self._due = summary.elapsed + PAUSE

    def show_end(self, row: OptimizerRow, elapsed: float) -> None:
        """Keep how an optimizer ended for the next drawing."""
        self._ends.append(fmt.end_of(row))

    def draw(self, summary: Summary) -> None:
        """Draw the present, if it is time for it."""
        if summary.elapsed >= self._due:
            self._due = summary.elapsed + PAUSE
            self._handle.update(self._html(summary))

    def close(self, summary: Summary) -> None:
        """Draw the end."""
        self._handle.update(self._html(summary, fmt.ending(summary)))

    def release(self) -> None:
        """Do nothing: the output stays."""

    def _html(self, summary: Summary, ending: str = "") -> Any:
        from IPython.display import HTML

        told = {
            "best value": fmt.value(summary.best_f),
            "evaluations": fmt.share(summary),
            "run time": f"{fmt.clock(summary.elapsed)}, {fmt.pace(summary.rate)}",
            "optimizers": fmt.census(summary),
        }
        lines = [fmt.opening(summary), *fmt.crowding(summary)]
        parts = [paragraphs(lines), _bar(summary), facts(told), *(f"<div>{text(one)}</div>" for one in self._ends)]
        page = f'<div class="glompo-progress">{"".join(parts)}{paragraphs([ending] if ending else [])}</div>'
        return HTML(page)  # type: ignore[no-untyped-call]


def _bar(summary: Summary) -> str:
    if not summary.budget:
        return ""
    done = min(summary.calls, summary.budget)
    return f'<progress value="{done}" max="{summary.budget}" style="width:100%"></progress>'
