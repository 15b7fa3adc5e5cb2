"""The contract of a freezer as checks."""

from __future__ import annotations

from typing import Any, ClassVar

from glompo.core.state.lifecycle import Phase
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.bowl import Bowl
from glompo.testing.contracts.policy import PolicyContract, Question
from glompo.testing.contracts.situations import ALL
from glompo.testing.histories import History
from glompo.testing.simulation import simulate

CALLS = 300
"""Budget of a whole run."""


class FreezerContract(PolicyContract):
    """Checks that a freezer keeps what GloMPO expects of it.

    Attributes
    ----------
    freezer : BaseFreezer, class or tuple
        What is checked: an instance, a class that needs no arguments, or ``(class, keyword arguments)``. It may also
        be a fixture.
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about; three parameters by default.

    Examples
    --------
    >>> from glompo.freezers import Freeze
    >>> from glompo.testing import FreezerContract
    >>> class TestMine(FreezerContract):
    ...     freezer = Freeze(ftol=1e-3)
    """

    subject: ClassVar[str] = "freezer"
    freezer: Any = None

    def questions(self, policy: Any, run: History) -> list[Question]:
        """Return one question for each optimizer that works, and one about those that rest."""
        working = [one.opt for one in run.view().alive if one.phase is Phase.RUNNING]
        asked: list[Question] = [lambda opt=opt: policy.freeze(run.view(), opt) for opt in working]  # type: ignore[misc]
        return [*asked, lambda: policy.thaw(run.view())]

    def test_it_answers_with_a_reason(self, freezer: Any) -> None:
        """`freeze` gives a verdict; `thaw` gives None, or an optimizer that rests and a verdict."""
        policy = self.made(freezer)
        for situation, make in ALL.items():
            run = make(self.bounds)
            *rests, woken = self.answers(policy, situation, run)
            for verdict in rests:
                demand(isinstance(verdict, Verdict), f"when {situation} freeze answered {verdict!r}; return a Verdict")
                demand(verdict.reason(), f"when {situation} its verdict says no reason")
            if woken is None:
                continue
            demand(
                isinstance(woken, tuple) and len(woken) == 2 and isinstance(woken[1], Verdict),
                f"when {situation} thaw answered {woken!r}; return None, or the number of an optimizer and a Verdict",
            )
            resting = [one.opt for one in run.view().alive if one.phase is Phase.PAUSED]
            demand(woken[0] in resting, f"when {situation} thaw chose optimizer {woken[0]}; {resting} rest")

    def test_a_run_with_it_uses_its_budget(self, freezer: Any) -> None:
        """It never pauses all optimizers for good."""
        policy, bowl = self.made(freezer), Bowl(2)
        arranged: dict[str, Any] = {"task": bowl, "bounds": bowl.bounds, "freezer": policy, "stopper_interval": 1}
        run = self.soon(lambda: simulate([RandomSampling], MaxTotalFunctionCalls(CALLS), max_jobs=2, **arranged))
        demand(run.view.calls == CALLS, f"{run.view.calls} of {CALLS} calls were made")

    def test_asked_twice_it_answers_the_same(self, freezer: Any) -> None:
        """Whatever it was asked before."""
        self.demand_same_twice(freezer)

    def test_it_does_not_change_the_run(self, freezer: Any) -> None:
        """A question leaves no trace."""
        self.demand_untouched(freezer)

    def test_its_random_numbers_are_its_own(self, freezer: Any) -> None:
        """Neither does it draw from the global random states nor depend on them."""
        self.demand_own_randomness(freezer)

    def test_its_text_shows_what_it_is(self, freezer: Any) -> None:
        """``str(freezer)`` is one line that stays the same."""
        self.demand_text(freezer)

    def test_it_can_be_copied_and_pickled(self, freezer: Any) -> None:
        """Copies answer alike."""
        self.demand_copies(freezer)
