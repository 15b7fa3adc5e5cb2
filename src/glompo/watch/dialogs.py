"""Questions before a run is asked for something."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from glompo.validation import as_whole

STYLE = """
Confirm, Amount { align: center middle; }
#box { width: 60; max-width: 95%; height: auto; border: round $accent; padding: 1 2; background: $surface; }
"""


class Confirm(ModalScreen[bool]):
    """Asks for a yes or no; answers whether it was yes.

    Parameters
    ----------
    question : str
        What would be done.
    """

    CSS = STYLE
    BINDINGS: ClassVar[list[BindingType]] = [("y", "answer(True)", "yes"), ("n,escape,q", "answer(False)", "no")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Yield the question."""
        with Vertical(id="box"):
            yield Static(Text(f"{self._question}\n\ny yes    n no"))

    def action_answer(self, yes: bool) -> None:
        """Leave with the answer."""
        self.dismiss(yes)


class Amount(ModalScreen[int | None]):
    """Asks for a whole number; answers None if it was left without one.

    Parameters
    ----------
    question : str
        What is asked for.
    present : int or None
        The number that there is now.
    """

    CSS = STYLE
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "leave")]

    def __init__(self, question: str, present: int | None) -> None:
        super().__init__()
        self._question, self._present = question, present

    def compose(self) -> ComposeResult:
        """Yield the question and the field."""
        with Vertical(id="box"):
            yield Static(Text(self._question))
            yield Input("" if self._present is None else str(self._present))
            yield Static(Text("enter to ask the run    escape to leave"), id="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Leave with the number, if it is one."""
        text = event.value.strip().replace(",", "").replace("_", "")
        number = as_whole(int(text)) if text.isdecimal() else None
        if number is None or number < 1:
            self.query_one("#hint", Static).update(Text("give a whole number, 1 at least; escape to leave"))
        else:
            self.dismiss(number)

    def action_leave(self) -> None:
        """Leave without a number."""
        self.dismiss(None)
