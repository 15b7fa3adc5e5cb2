"""The part of a page that asks a run for something, once the user has confirmed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any, TypeAlias

from bokeh.document import without_document_lock
from bokeh.layouts import column, row
from bokeh.models.widgets import Button, Div, Select, Spinner, TextInput

from glompo.dashboard.followed import FollowedRun
from glompo.dashboard.looks import WRAPPED
from glompo.dashboard.markup import text
from glompo.errors import GlompoError
from glompo.read import OptimizerRow, RunStatus
from glompo.read.run_opening import opening_of
from glompo.safe_text import legible

if TYPE_CHECKING:
    from glompo.manager import Control

Request: TypeAlias = "Callable[[Control], None]"


class Controls:
    """Buttons that ask the run on display for something; nothing is asked before it was confirmed.

    Parameters
    ----------
    document : bokeh.document.Document
        The page.
    widget_sheet, markup_sheet : bokeh.models.InlineStyleSheet
        How buttons, and texts, look.
    """

    def __init__(self, document: Any, widget_sheet: Any, markup_sheet: Any) -> None:
        self._document = document
        self._sheets = [widget_sheet]
        self._run: FollowedRun | None = None
        self._asked: Request | None = None
        self.optimizer: Any = Select(title="Optimizer that lives", options=[], stylesheets=self._sheets, width=320)
        self.budget: Any = Spinner(title="Evaluations in all", low=1, step=100, stylesheets=self._sheets, width=150)
        self.slots: Any = Spinner(title="Slots", low=1, step=1, stylesheets=self._sheets, width=110)
        self.point: Any = TextInput(title="Point", stylesheets=self._sheets, width=440)
        self.question: Any = Div(text="", stylesheets=[markup_sheet])
        self.said: Any = Div(text="", stylesheets=[markup_sheet], sizing_mode="stretch_width")
        yes, no = self._button("Confirm", self._confirm), self._button("Cancel", self._cancel)
        self._confirmation: Any = row(self.question, yes, no, visible=False)
        self._buttons: list[Any] = []
        self.layout: Any = column(
            self._of_one(), self._of_amounts(), self._of_point(), self._of_all(), self._confirmation, self.said
        )

    def show(self, run: FollowedRun, rows: tuple[OptimizerRow, ...]) -> None:
        """Offer what can be asked of a run with these optimizers."""
        if run is not self._run:
            self._run, self.said.text = run, ""
            self._cancel()
        summary = run.recording.summary if run.recording.begun else None
        lives = summary is not None and summary.standing is RunStatus.RUNNING
        options = [(str(one.opt_id), legible(f"{one.opt_id} {one.name}", 80)) for one in rows if one.how is None]
        if options != self.optimizer.options:
            self.optimizer.options = options
        if self.optimizer.value not in dict(options):
            self.optimizer.value = options[0][0] if options else ""
        if run.recording.begun:
            self._name_parameters(opening_of(run.recording.view).names)
        for button in self._buttons:
            button.disabled = not lives
        if not lives and not self.said.text:
            self.said.text = "<p>No process works on this run, so it cannot be asked for anything.</p>"

    def _of_one(self) -> Any:
        about = [("Stop", "stop"), ("Pause", "pause"), ("Unpause", "unpause")]
        buttons = (self._asking(label, partial(self._about_one, label, name)) for label, name in about)
        return row(self.optimizer, *buttons, styles=WRAPPED)

    def _of_amounts(self) -> Any:
        budget = self._asking("Set budget", lambda: self._amount("budget", self.budget))
        slots = self._asking("Set slots", lambda: self._amount("slots", self.slots))
        return row(self.budget, budget, self.slots, slots, styles=WRAPPED)

    def _of_point(self) -> Any:
        return row(self.point, self._asking("Inject", self._about_point), styles=WRAPPED)

    def _name_parameters(self, names: Sequence[str]) -> None:
        title = legible(f"Point: a number for each of {' '.join(names)}; or NAME=NUMBER of each", 160)
        if title != self.point.title:
            self.point.title = title

    def _of_all(self) -> Any:
        whole = [
            ("Make a checkpoint", "Make a checkpoint of the run?", "checkpoint"),
            ("Suspend the run", "End this session? The run can be resumed.", "suspend"),
            ("End the run", "End the run for good, as if its exit condition held?", "end"),
        ]
        buttons = (
            self._asking(label, partial(self._ask, question, methodcaller(name))) for label, question, name in whole
        )
        return row(*buttons, styles=WRAPPED)

    def _about_one(self, label: str, name: str) -> None:
        if self.optimizer.value:
            opt = int(self.optimizer.value)
            called = dict(self.optimizer.options).get(self.optimizer.value, str(opt))
            self._ask(f"{label} optimizer {called}?", methodcaller(name, opt))

    def _amount(self, name: str, field: Any) -> None:
        amount = field.value
        if amount is None or amount < 1 or amount != int(amount):
            self.said.text = f'<p class="bad" role="alert">Give a whole number of 1 or more for the {name}.</p>'
        else:
            self._ask(f"Set the {name} to {int(amount):,}?", methodcaller(name, int(amount)))

    def _about_point(self) -> None:
        from glompo.manager.injected_point import checked_point, point_of_text

        if self._run is None:
            return
        view = self._run.recording.view
        try:
            point = checked_point(point_of_text(self.point.value), view)
        except GlompoError as error:
            self.said.text = f'<p class="bad" role="alert">{text(error, 2000)}</p>'
        else:
            named = ", ".join(f"{name} = {x!r}" for name, x in zip(opening_of(view).names, point, strict=True))
            self._ask(f"Evaluate the point {named}?", methodcaller("inject", point))

    def _ask(self, question: str, request: Request) -> None:
        self._asked = request
        self.question.text = f'<p role="alert">{text(question)}</p>'
        self.said.text = ""
        self._confirmation.visible = True

    def _cancel(self) -> None:
        self._asked, self._confirmation.visible = None, False

    def _confirm(self) -> None:
        request, run = self._asked, self._run
        self._cancel()
        if request is not None and run is not None:
            self.said.text = '<p role="status">The run is asked.</p>'
            self._document.add_next_tick_callback(without_document_lock(partial(self._carry_out, run, request)))

    async def _carry_out(self, run: FollowedRun, request: Request) -> None:
        """Ask in a thread, so that no page waits for the run."""
        answer = await asyncio.get_running_loop().run_in_executor(None, _answer, run, request)
        self._document.add_next_tick_callback(partial(setattr, self.said, "text", answer))

    def _asking(self, label: str, act: Callable[[], None]) -> Any:
        button = self._button(label, act)
        self._buttons.append(button)
        return button

    def _button(self, label: str, act: Callable[[], None]) -> Any:
        button: Any = Button(label=label, stylesheets=self._sheets, align="end", width_policy="min")
        button.on_click(act)
        return button


def _answer(run: FollowedRun, request: Request) -> str:
    from glompo.manager import control  # it imports all that works on a run, for which no page has to wait

    try:
        request(control(run.run_dir))
    except GlompoError as error:
        return f'<p class="bad" role="alert">{text(error, 2000)}</p>'
    return '<p role="status">The run has taken the request; its journal says so.</p>'
