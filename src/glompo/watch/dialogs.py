"""Questions before a run is asked for something."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from glompo.errors import GlompoError, SettingError
from glompo.safe_text import legible
from glompo.validation import as_whole

T = TypeVar("T")

STYLE = """
Confirm, Entry { align: center middle; }
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


class Entry(ModalScreen[T | None]):
    """Asks for what is to be typed; answers None if it was left without.

    Parameters
    ----------
    question : str
        What is asked for.
    present : str
        The text that stands there at first.
    read : callable
        Returns what was typed as the answer; raises GlompoError, which is shown, if it cannot be one.
    """

    CSS = STYLE
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "leave", "leave")]

    def __init__(self, question: str, present: str, read: Callable[[str], T]) -> None:
        super().__init__()
        self._question, self._present, self._read = question, present, read

    def compose(self) -> ComposeResult:
        """Yield the question and the field."""
        with Vertical(id="box"):
            yield Static(Text(self._question))
            yield Input(self._present)
            yield Static(Text("enter to ask the run    escape to leave"), id="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Leave with the answer, if it is one."""
        try:
            self.dismiss(self._read(event.value))
        except GlompoError as error:
            self.query_one("#hint", Static).update(Text(legible(f"{error}; escape to leave")))

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


def amount(text: str) -> int:
    """Return a whole number, 1 at least, that was typed.

    Raises
    ------
    SettingError
        If it is none.
    """
    digits = text.strip().replace(",", "").replace("_", "")
    number = as_whole(int(digits)) if digits.isdecimal() else None
    if number is None or number < 1:
        raise SettingError("give a whole number, 1 at least")
    return number
