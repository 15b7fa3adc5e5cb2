"""What the stoppers of a run saw each time they were asked about one optimizer, and let it live or not.

The journal has the reasons of a stop, but of answers that let an optimizer live only that they were given: there are
thousands. Rules answer from the history alone, so asking them again about the recorded course gives what they saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from glompo.events import StopRequested
from glompo.read.life import Question, Stretch
from glompo.read.what_if import Comparison, RulesOf
from glompo.storage.history import JournalHistory
from glompo.storage.reader import JournalFollower


def questions_about(run_dir: Path, opt: int, rules_of: RulesOf) -> list[Stretch]:
    """Ask the rules of a run again what they were asked about one optimizer.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    opt : int
        Optimizer.
    rules_of : callable
        Gives the rules for a session with the recorded settings that it is called with.

    Returns
    -------
    list of Stretch
        In order; questions in a row with the same answers are taken together.

    Raises
    ------
    UserError
        If the rules cannot be made again from the record.
    PolicyError
        If a rule breaks its contract.
    """
    asked = _Questions(JournalFollower(run_dir), JournalHistory(run_dir), rules_of)
    asked.opt = opt
    asked.fold()
    return asked.found


class _Questions(Comparison):
    """Asks about one optimizer, whatever the answers on record are."""

    opt = 0

    def __init__(self, journal: JournalFollower, history: JournalHistory, rules_of: RulesOf) -> None:
        super().__init__(journal, history, rules_of)
        self.found: list[Stretch] = []

    @property
    def unasked(self) -> bool:
        """Whether questions are asked that are not on record: never."""
        return False

    def compare_answers(self, at: float, answers: Mapping[int, StopRequested | None]) -> None:
        """Keep what the rules say of the optimizer, if they were asked about it."""
        if self.opt not in answers:
            return
        view = self.view(at)
        question = Question(at, len(view[self.opt]), self.answer(view, self.opt))
        last = self.found[-1] if self.found else None
        if last is not None and last.last.answers == question.answers:
            last.last, last.n = question, last.n + 1
        else:
            self.found.append(Stretch(question, question))
