"""The display in a terminal, and its keys."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import DataTable, Footer, Static

from glompo.errors import GlompoError
from glompo.manager.injected_point import checked_point, point_of_text
from glompo.manager.live_control import Control, control
from glompo.read import Recording, RunStatus, RunView, Summary
from glompo.read.course import Course
from glompo.read.run_opening import opening_of
from glompo.read.run_status import nothing_recorded
from glompo.safe_text import legible
from glompo.watch import panels
from glompo.watch.dialogs import Confirm, Entry, amount

TICK = 0.5
"""Seconds between two looks at the run."""

SLICE = 0.03
"""Seconds of a look that go into reading the past of a long run."""


class WatchApp(App[None]):
    """Shows a run until the user leaves.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.

    Raises
    ------
    UserError
        If the directory holds no run.
    """

    TITLE = "glompo watch"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #head { height: 3; }
    #table { height: 1fr; min-height: 5; overflow-x: hidden; scrollbar-size-vertical: 1; }
    #middle { height: 8; }
    #curve { width: 3fr; height: 100%; }
    #facts { width: 2fr; height: 100%; padding: 0 0 0 1; }
    #log { height: 5; color: $text-muted; }
    #message { height: 1; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "leave"),
        Binding("s", "one('stop')", "stop"),
        Binding("p", "one('pause')", "pause"),
        Binding("u", "one('unpause')", "go on"),
        Binding("b", "amount('budget')", "budget"),
        Binding("n", "amount('slots')", "slots"),
        Binding("i", "inject", "inject"),
        Binding("c", "run('checkpoint')", "checkp."),
        Binding("z", "run('suspend')", "suspend"),
        Binding("e", "run('end')", "end"),
        Binding("t", "axis", "time"),
    ]

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        super().__init__()
        self._course = Course()
        self._recording = Recording(run_dir, self._course.take)
        self._view: RunView | None = None
        self._summary: Summary | None = None
        self._rows: dict[int, panels.Line] = {}
        self._by_time = False
        self._next: Timer | None = None
        self._drawn_at = -TICK

    def compose(self) -> ComposeResult:
        """Yield the parts of the display."""
        yield Static(id="head")
        table: DataTable[Text] = DataTable(id="table", cursor_type="row", zebra_stripes=True)
        yield table
        with Horizontal(id="middle"):
            yield Static(id="curve")
            yield Static(id="facts")
        yield Static(id="log")
        yield Static(id="message")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin to look at the run."""
        table = self.query_one("#table", DataTable)
        for name in panels.COLUMNS:
            table.add_column(name, key=name)
        table.focus()
        self.look()
        self.set_interval(TICK, self.look)

    def on_resize(self) -> None:
        """Draw the curve anew in its new size."""
        self.call_after_refresh(self._draw_curve)

    def look(self) -> None:
        """Read what is new and show it; a run that cannot be read is told, and looked at again."""
        if not self.query("#head"):
            return  # a timer came when the display was being closed
        try:
            self._recording.poll(SLICE)
        except GlompoError as error:
            self.tell(str(error))
            return
        if self._next is not None:
            self._next.stop()
        self._next = None if self._recording.complete else self.set_timer(SLICE, self.look)
        if self._next is not None and time.monotonic() < self._drawn_at + TICK:
            return  # a long run is still being read
        self._drawn_at = time.monotonic()
        if not self._recording.begun:
            self._show("#head", [nothing_recorded(self._recording.run_dir, self._recording.writer)])
            return
        view, summary = self._recording.view, self._recording.summary
        self._view, self._summary = view, summary
        self._show("#head", panels.heads(summary))
        self._show("#facts", [*panels.shares(summary), *panels.failures(summary)] or ["no evaluation failed"])
        self._show("#log", panels.log(self._course, self.query_one("#log").size.height))
        self._draw_table({line.opt: line for line in panels.optimizers(view, summary)})
        self._draw_curve()

    def _show(self, where: str, lines: list[str]) -> None:
        part = self.query_one(where, Static)
        width = part.content_size.width or self.size.width
        cut = (line if len(line) <= width else f"{line[: width - 1]}…" for line in lines)
        part.update(Text("\n".join(cut)))

    def _draw_curve(self) -> None:
        if not self.query("#curve"):
            return  # as above
        size = self.query_one("#curve").size
        calls = 0 if self._view is None else self._view.calls
        self._show("#curve", panels.curve(self._course, size.width, size.height, self._by_time, calls))

    def _draw_table(self, rows: dict[int, panels.Line]) -> None:
        """Show the table; where only cells changed, only those are written."""
        table = self.query_one("#table", DataTable)
        if list(rows) == list(self._rows):
            for opt, line in rows.items():
                for name, old, new in zip(panels.COLUMNS, self._rows[opt].cells, line.cells, strict=True):
                    if new != old:
                        table.update_cell(str(opt), name, Text(new), update_width=True)
        else:
            chosen = self.chosen
            table.clear()
            for opt, line in rows.items():
                table.add_row(*map(Text, line.cells), key=str(opt))
            if chosen in rows:
                table.move_cursor(row=list(rows).index(chosen))
        self._rows = rows

    @property
    def chosen(self) -> int:
        """The optimizer under the cursor; 0 if there is none."""
        place = self.query_one("#table", DataTable).cursor_row
        opts = list(self._rows)
        return opts[place] if 0 <= place < len(opts) else 0

    def on_data_table_row_selected(self) -> None:
        """Tell the whole reason of an optimizer that was chosen."""
        if self.chosen:
            line = self._rows[self.chosen]
            self.tell(f"optimizer {line.opt}: {line.cells[2]}, {line.cells[-1]}")

    def tell(self, text: str) -> None:
        """Show a message until the next."""
        self._show("#message", [legible(text)])

    def action_axis(self) -> None:
        """Draw the curve against evaluations or against run time."""
        self._by_time = not self._by_time
        self._draw_curve()

    def action_one(self, what: str) -> None:
        """Ask whether the chosen optimizer is to stop, to rest or to go on."""
        if opt := self.chosen:
            self._confirm(f"{what.capitalize()} optimizer {opt}?", lambda run: getattr(run, what)(opt))
        else:
            self.tell("there is no optimizer yet")

    def action_run(self, what: str) -> None:
        """Ask whether something is to be done with the run."""
        questions = {
            "checkpoint": "Make a checkpoint of the run?",
            "suspend": "Suspend the run? It can be resumed.",
            "end": "End the run? Its optimizers are stopped.",
        }
        self._confirm(questions[what], lambda run: getattr(run, what)())

    def action_amount(self, what: str) -> None:
        """Ask for another budget, or another number of slots."""
        if not self._lives() or self._summary is None:
            return
        present = self._summary.budget if what == "budget" else self._summary.slots
        question = "Evaluations of the run in all:" if what == "budget" else "Evaluations in flight at once:"

        def answer(number: int | None) -> None:
            if number is not None:
                self._ask(f"{what} {number:,}", lambda run: getattr(run, what)(number))

        self.push_screen(Entry(question, "" if present is None else str(present), amount), answer)

    def action_inject(self) -> None:
        """Ask for a point that the run is to evaluate."""
        view = self._view
        if not self._lives() or view is None:
            return
        names = legible(" ".join(opening_of(view).names), 200)

        def answer(point: tuple[float, ...] | None) -> None:
            if point is not None:
                self._ask("point", lambda run: run.inject(point))

        question = f"Point to be evaluated, a number for each of {names}, or NAME=NUMBER of each:"
        self.push_screen(Entry(question, "", lambda text: checked_point(point_of_text(text), view)), answer)

    def _confirm(self, question: str, request: Callable[[Control], None]) -> None:
        def answer(yes: bool | None) -> None:
            if yes:
                self._ask(question.split("?")[0], request)

        if self._lives():
            self.push_screen(Confirm(question), answer)

    def _lives(self) -> bool:
        """Return whether the run can be asked for anything; tell it if not."""
        lives = self._summary is not None and self._summary.standing is RunStatus.RUNNING
        if not lives:
            self.tell("no process works on the run, so it cannot be asked for anything")
        return lives

    def _ask(self, what: str, request: Callable[[Control], None]) -> None:
        """Ask the run beside the display, for it answers when it next looks into its inbox."""

        def ask() -> None:
            try:
                request(control(self._recording.run_dir))
            except GlompoError as error:
                said = str(error).replace(f"the run in {self._recording.run_dir}", "the run")
            else:
                said = f"{what}: the run has taken it"
            self.call_from_thread(self.tell, said)

        self.tell(f"{what}: asked ...")
        self.run_worker(ask, thread=True, exit_on_error=False)
