"""What the contracts of stoppers and exit conditions have in common: both are rules."""

from __future__ import annotations

from typing import Any

from glompo.core.policies.rule import Rule
from glompo.events.verdict import Verdict
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.policy import PolicyContract, Question
from glompo.testing.contracts.situations import ALL
from glompo.testing.histories import History


class RuleContract(PolicyContract):
    """Base of the contracts of rules."""

    def subjects(self, run: History) -> list[int | None]:
        """Return about whom a rule can be asked."""
        raise NotImplementedError

    def called(self, rule: Any, run: History, opt: int | None) -> Any:
        """Return the answer in the documented call form."""
        raise NotImplementedError

    def questions(self, policy: Any, run: History) -> list[Question]:
        """Return one question for each subject."""
        return [lambda opt=opt: policy.ask(run.view(), opt) for opt in self.subjects(run)]  # type: ignore[misc]

    def demand_reasons(self, given: Any) -> None:
        """Look at the verdicts."""
        rule = self.made(given)
        demand(isinstance(rule, Rule), f"{rule!r} is no rule; derive it from BaseStopper or BaseExitCondition")
        for situation in ALL:
            for verdict in self.answers(rule, situation):
                demand(isinstance(verdict, Verdict), f"when {situation} it answered {verdict!r}")
                demand(verdict.reason(), f"when {situation} its verdict says no reason")

    def demand_documented_form(self, given: Any) -> None:
        """Compare both call forms."""
        rule = self.made(given)
        for situation, make in ALL.items():
            run = make(self.bounds)
            for opt, verdict in zip(self.subjects(run), self.answers(rule, situation), strict=True):
                answer = self.called(rule, run, opt)
                demand(
                    answer == verdict.fired,
                    f"when {situation} a call answered {answer}, and judge {verdict.fired} ({verdict.reason()})",
                )

    def demand_combinations(self, given: Any) -> None:
        """Combine it with itself."""
        rule = self.made(given)
        always, never = rule | ~rule, rule & ~rule
        for situation, make in ALL.items():
            run = make(self.bounds)
            for opt in self.subjects(run):
                demand(always.ask(run.view(), opt).fired, f"when {situation}, (a | ~a) did not fire")
                demand(not never.ask(run.view(), opt).fired, f"when {situation}, (a & ~a) fired")
        leaves = list(rule)
        demand(leaves and list(always) == 2 * leaves, f"iterating over a gave {leaves}, over (a | ~a) {list(always)}")
        demand(str(rule) in str(always), f"str(a | ~a) is {always}, without {rule}")
