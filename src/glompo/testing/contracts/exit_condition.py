"""The contract of an exit condition as checks."""

from __future__ import annotations

from typing import Any, ClassVar
from unittest import SkipTest

from glompo.core.views.run_view import RunView
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.rule import RuleContract
from glompo.testing.contracts.situations import ALL, EXTREME, FAILING, ORDINARY, SHORT
from glompo.testing.histories import History, history

AFFORDABLE = 100_000
"""Calls up to which a budget is used up in a check."""


class ExitConditionContract(RuleContract):
    """Checks that an exit condition keeps what GloMPO expects of it.

    Attributes
    ----------
    exit_condition : BaseExitCondition, class or tuple
        What is checked: an instance, a class that needs no arguments, or ``(class, keyword arguments)``. It may also
        be a fixture.
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about; three parameters by default.

    Examples
    --------
    >>> from glompo.exit_conditions import TimeLimit
    >>> from glompo.testing import ExitConditionContract
    >>> class TestMine(ExitConditionContract):
    ...     exit_condition = TimeLimit(3600)
    """

    subject: ClassVar[str] = "exit_condition"
    exit_condition: Any = None

    def subjects(self, run: History) -> list[int | None]:
        """Return None, for the whole run."""
        return [None]

    def called(self, rule: Any, run: History, opt: int | None) -> Any:
        """Return the answer in the documented call form."""
        return rule(run.manager())

    def test_it_answers_with_a_reason(self, exit_condition: Any) -> None:
        """Each answer is a verdict that says why."""
        self.demand_reasons(exit_condition)

    def test_it_answers_when_nothing_has_been_evaluated_yet(self, exit_condition: Any) -> None:
        """Also when no optimizer has started."""
        self.ask_about(exit_condition, SHORT)

    def test_it_answers_on_ordinary_histories(self, exit_condition: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(exit_condition, ORDINARY)

    def test_it_answers_on_inf_and_nan(self, exit_condition: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(exit_condition, FAILING)

    def test_it_answers_on_extreme_values(self, exit_condition: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(exit_condition, EXTREME)

    def test_its_budget_is_the_call_at_which_it_fires(self, exit_condition: Any) -> None:
        """A budget, if it has one, is a number of calls that nothing can exceed; it fires as soon as it is used up."""
        rule = self.made(exit_condition)
        budget = rule.budget()
        if budget is None:
            raise SkipTest("it is no budget")
        demand(isinstance(budget, int) and budget >= 0, f"budget() is {budget!r}; return a number of calls of the task")
        if budget > AFFORDABLE:
            raise SkipTest(f"its budget of {budget} calls is too large for a check")
        run = history(self.bounds)
        opt = run.start()
        if budget:
            run.evaluate(opt, [1.0] * budget)
        verdict = rule.ask(run.view())
        demand(verdict.fired, f"its budget of {budget} calls is used up and it does not fire: {verdict.reason()}")

    def test_its_deadline_lies_ahead_and_is_kept(self, exit_condition: Any) -> None:
        """A deadline is later than now; when it has come, the condition fires or names a later one."""
        rule = self.made(exit_condition)
        deadlines = 0
        for situation, make in ALL.items():
            run = make(self.bounds)
            deadline = rule.deadline(run.view())
            if deadline is None or rule.ask(run.view()).fired:
                continue
            deadlines += 1
            demand(
                deadline > run.now, f"when {situation} at {run.now} s, its deadline is {deadline} s, which has passed"
            )
            then = RunView(run.state, deadline)
            later = rule.deadline(then)
            demand(
                rule.ask(then).fired or (later is not None and later > deadline),
                f"when {situation}, its deadline is {deadline} s, and then nothing happens",
            )
        if not deadlines:
            raise SkipTest("it has no deadline")

    def test_asked_twice_it_answers_the_same(self, exit_condition: Any) -> None:
        """Whatever it was asked before."""
        self.demand_same_twice(exit_condition)

    def test_it_does_not_change_the_run(self, exit_condition: Any) -> None:
        """A question leaves no trace."""
        self.demand_untouched(exit_condition)

    def test_its_random_numbers_are_its_own(self, exit_condition: Any) -> None:
        """Neither does it draw from the global random states nor depend on them."""
        self.demand_own_randomness(exit_condition)

    def test_the_documented_call_form_gives_the_same_answer(self, exit_condition: Any) -> None:
        """``exit_condition(manager)``."""
        self.demand_documented_form(exit_condition)

    def test_it_combines_with_others(self, exit_condition: Any) -> None:
        """``& | ~``, and iteration over the leaves."""
        self.demand_combinations(exit_condition)

    def test_its_text_shows_what_it_is(self, exit_condition: Any) -> None:
        """``str(exit_condition)`` is one line that stays the same."""
        self.demand_text(exit_condition)

    def test_it_can_be_copied_and_pickled(self, exit_condition: Any) -> None:
        """Copies answer alike."""
        self.demand_copies(exit_condition)
