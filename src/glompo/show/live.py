"""Progress as a display that is redrawn in place."""

from __future__ import annotations

from typing import IO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from glompo.read import OptimizerRow, Summary
from glompo.safe_text import legible
from glompo.show import formatting as fmt

STYLES = {
    "converged": "green",
    "exhausted": "cyan",
    "stopped": "yellow",
    "cut": "bright_black",
    "crashed": "red",
    "lost": "red",
    "forced": "red",
}
SIGNS = {"converged": "●", "exhausted": "○", "stopped": "×", "cut": "–", "crashed": "!", "lost": "?", "forced": "‡"}
"""How an optimizer ended, at a glance."""

LIVING_SHOWN = 12
"""Living optimizers in the display at most."""


class LiveDisplay:
    """The present in place, and above it one line for each optimizer that ended.

    Nothing here has a thread: it is redrawn when the run says so.

    Parameters
    ----------
    stream : text file
        The terminal.
    console : rich.console.Console, optional
        Used instead of one on `stream`.
    owns_terminal : bool
        Whether what others print is shown above the display.
    """

    def __init__(self, stream: IO[str], console: Console | None, owns_terminal: bool) -> None:
        self._console = console or Console(file=stream)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=owns_terminal,
            redirect_stderr=owns_terminal,
        )

    def begin(self, summary: Summary) -> None:
        """Show what the run is about, and open the display."""
        self._console.print(Text(fmt.opening(summary), style="bold"))
        for line in fmt.crowding(summary):
            self._console.print(Text(line))
        self._live.start()

    def show_end(self, row: OptimizerRow, elapsed: float) -> None:
        """Show how an optimizer ended, for good."""
        how = row.how or ""
        line = Text(f"{fmt.clock(elapsed if row.ended_at is None else row.ended_at)} ", style="bright_black")
        line.append(f"{SIGNS.get(how, ' ')} ", STYLES.get(how, ""))
        line.append(fmt.end_of(row), "default")
        self._console.print(line)

    def draw(self, summary: Summary) -> None:
        """Redraw the present."""
        self._live.update(present(summary), refresh=True)

    def close(self, summary: Summary) -> None:
        """Take the display away and say how it ended."""
        self._live.update(Text(), refresh=False)
        self._live.stop()
        self._console.print(Text(f"{fmt.best(summary)}; {fmt.share(summary)}; {fmt.census(summary)}"))
        self._console.print(Text(f"{fmt.clock(summary.elapsed)} {fmt.ending(summary)}", style="bold"))

    def release(self) -> None:
        """Give the terminal back, whatever happened."""
        self._live.stop()


def present(summary: Summary) -> RenderableType:
    """Return the display of one moment."""
    head = Table.grid(expand=True)
    head.add_column(ratio=1, overflow="ellipsis", no_wrap=True)
    head.add_column(justify="right", no_wrap=True)
    # texts and not strings, for rich reads markup in strings
    head.add_row(Text(fmt.best(summary), style="bold"), Text(fmt.clock(summary.elapsed)))
    head.add_row(Text(f"{fmt.share(summary)}, {fmt.pace(summary.rate)}"), Text(fmt.census(summary)))
    parts: list[RenderableType] = [Text(), head]
    if summary.regimes:
        parts.append(Text(fmt.regimes(summary)))
    if summary.budget:
        parts.append(ProgressBar(summary.budget, summary.calls, complete_style="green", finished_style="green"))
    parts.append(_living(summary))
    return Group(*parts)


def _living(summary: Summary) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bright_black", expand=False)
    table.add_column("", justify="right")
    table.add_column("optimizer", no_wrap=True)
    table.add_column("evaluations", justify="right")
    table.add_column("best", justify="right")
    table.add_column("since", justify="right")
    table.add_column("", no_wrap=True)
    for row in summary.living[:LIVING_SHOWN]:
        since = "" if row.started_at is None else fmt.clock(summary.elapsed - row.started_at)
        state = "stopping" if row.stopped_by else "paused" if row.paused_because else ""
        state = state or ("leads" if row.opt_id == summary.best_opt else "")
        best = fmt.value(row.best_f)
        cells = (str(row.opt_id), legible(row.name), f"{row.evaluations:,}", best, since, state)
        table.add_row(*map(Text, cells))
    if len(summary.living) > LIVING_SHOWN:
        table.add_row("", f"and {len(summary.living) - LIVING_SHOWN} more")
    return table
