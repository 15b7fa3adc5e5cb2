"""The contract of an allocator as checks."""

from __future__ import annotations

from typing import Any, ClassVar

from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.bowl import Bowl
from glompo.testing.contracts.policy import PolicyContract, Question
from glompo.testing.contracts.situations import ALL
from glompo.testing.histories import History
from glompo.testing.simulation import simulate

LIMITS = (None, 1, 5, 1000)
"""Evaluations that may be given out at once."""

CALLS = 200
"""Budget of a whole run."""


class AllocatorContract(PolicyContract):
    """Checks that an allocator keeps what GloMPO expects of it.

    Attributes
    ----------
    allocator : instance, class or tuple
        What is checked: an instance, a class that needs no arguments, or ``(class, keyword arguments)``. It may also
        be a fixture.
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about; three parameters by default.

    Examples
    --------
    >>> from glompo.allocators import EvenAllocator
    >>> from glompo.testing import AllocatorContract
    >>> class TestMine(AllocatorContract):
    ...     allocator = EvenAllocator
    """

    subject: ClassVar[str] = "allocator"
    allocator: Any = None

    def questions(self, policy: Any, run: History) -> list[Question]:
        """Return one question for each limit."""
        return [lambda limit=limit: dict(policy.allocate(run.view(), limit)) for limit in LIMITS]  # type: ignore[misc]

    def test_it_keeps_within_the_limit(self, allocator: Any) -> None:
        """It gives whole numbers of evaluations, in sum not more than there are, to optimizers that can use them."""
        policy = self.made(allocator)
        for situation, make in ALL.items():
            run = make(self.bounds)
            for limit, shares in zip(LIMITS, self.answers(policy, situation, run), strict=True):
                where = f"when {situation} and limit is {limit}, it gave {shares}"
                demand(
                    all(isinstance(n, int) and n >= 1 for n in shares.values()), f"{where}; give whole numbers from 1"
                )
                demand(limit is None or sum(shares.values()) <= limit, f"{where}, more than there are")
                idle = [opt for opt in shares if opt not in run.view() or not run.view()[opt].may_evaluate]
                demand(not idle, f"{where}, though {idle} cannot use any")

    def test_a_run_with_it_uses_its_budget(self, allocator: Any) -> None:
        """No optimizer waits for ever, whatever the number of workers and the budget."""
        policy, bowl = self.made(allocator), Bowl(2)
        options = [RandomSampling, (RandomSampling, {"iters": 30, "workers": 2}), (RandomSampling, {"iters": 3})]
        for budget in (1, 2, CALLS):
            arranged: dict[str, Any] = {"task": bowl, "bounds": bowl.bounds, "seconds": _uneven, "allocator": policy}
            run = self.soon(lambda: simulate(options, MaxTotalFunctionCalls(budget), **arranged))  # noqa: B023
            demand(run.view.calls == budget, f"{run.view.calls} of {budget} calls were made")

    def test_asked_twice_it_answers_the_same(self, allocator: Any) -> None:
        """Whatever it was asked before."""
        self.demand_same_twice(allocator)

    def test_it_does_not_change_the_run(self, allocator: Any) -> None:
        """A question leaves no trace."""
        self.demand_untouched(allocator)

    def test_its_random_numbers_are_its_own(self, allocator: Any) -> None:
        """Neither does it draw from the global random states nor depend on them."""
        self.demand_own_randomness(allocator)

    def test_its_text_shows_what_it_is(self, allocator: Any) -> None:
        """``str(allocator)`` is one line that stays the same."""
        self.demand_text(allocator)

    def test_it_can_be_copied_and_pickled(self, allocator: Any) -> None:
        """Copies answer alike."""
        self.demand_copies(allocator)


def _uneven(opt: int, x: Any) -> float:
    """Return virtual seconds of an evaluation: every optimizer has its own pace."""
    return 0.01 * opt
