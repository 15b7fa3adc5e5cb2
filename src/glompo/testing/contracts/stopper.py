"""The contract of a stopper as checks."""

from __future__ import annotations

from typing import Any, ClassVar

from glompo.testing.contracts.rule import RuleContract
from glompo.testing.contracts.situations import EXTREME, FAILING, ORDINARY, SHORT
from glompo.testing.histories import History


class StopperContract(RuleContract):
    """Checks that a stopper keeps what GloMPO expects of it.

    Attributes
    ----------
    stopper : BaseStopper, class or tuple
        What is checked: an instance, a class that needs no arguments, or ``(class, keyword arguments)``. It may also
        be a fixture.
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about; three parameters by default.

    Examples
    --------
    >>> from glompo.stoppers import BestUnmoving
    >>> from glompo.testing import StopperContract
    >>> class TestMine(StopperContract):
    ...     stopper = BestUnmoving(100)
    """

    subject: ClassVar[str] = "stopper"
    stopper: Any = None

    def subjects(self, run: History) -> list[int | None]:
        """Return the living optimizers."""
        return [one.opt for one in run.view().alive]

    def called(self, rule: Any, run: History, opt: int | None) -> Any:
        """Return the answer in the documented call form."""
        best = run.view().best
        return rule(run.log(), best.opt if best else None, opt)

    def test_it_answers_with_a_reason(self, stopper: Any) -> None:
        """Each answer is a verdict that says why."""
        self.demand_reasons(stopper)

    def test_it_answers_on_histories_shorter_than_any_window(self, stopper: Any) -> None:
        """Also about an optimizer without any evaluation."""
        self.ask_about(stopper, SHORT)

    def test_it_answers_on_ordinary_histories(self, stopper: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(stopper, ORDINARY)

    def test_it_answers_on_inf_and_nan(self, stopper: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(stopper, FAILING)

    def test_it_answers_on_extreme_values(self, stopper: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(stopper, EXTREME)

    def test_asked_twice_it_answers_the_same(self, stopper: Any) -> None:
        """In any order, whatever it was asked before."""
        self.demand_same_twice(stopper)

    def test_it_does_not_change_the_run(self, stopper: Any) -> None:
        """A question leaves no trace."""
        self.demand_untouched(stopper)

    def test_its_random_numbers_are_its_own(self, stopper: Any) -> None:
        """Neither does it draw from the global random states nor depend on them."""
        self.demand_own_randomness(stopper)

    def test_the_documented_call_form_gives_the_same_answer(self, stopper: Any) -> None:
        """``stopper(log, best_opt_id, tested_opt_id)``."""
        self.demand_documented_form(stopper)

    def test_it_combines_with_others(self, stopper: Any) -> None:
        """``& | ~``, and iteration over the leaves."""
        self.demand_combinations(stopper)

    def test_its_text_shows_what_it_is(self, stopper: Any) -> None:
        """``str(stopper)`` is one line that stays the same."""
        self.demand_text(stopper)

    def test_it_can_be_copied_and_pickled(self, stopper: Any) -> None:
        """Copies answer alike."""
        self.demand_copies(stopper)
