"""The contract of a selector as checks."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar
from unittest import SkipTest

from glompo.core.policies.ports import Option
from glompo.core.views.manager_view import ManagerView
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.bowl import Bowl
from glompo.testing.contracts.policy import PolicyContract, Question
from glompo.testing.contracts.situations import ALL, SLOTS, not_started
from glompo.testing.histories import History
from glompo.testing.simulation import simulate

CALLS = 300
"""Budget of a whole run."""


class SelectorContract(PolicyContract):
    """Checks that a selector keeps what GloMPO expects of it.

    Attributes
    ----------
    selector : BaseSelector, class or tuple
        What is checked: an instance with optimizers of 4 workers at most; or a class, or ``(class, keyword
        arguments)``, which is given optimizers of 1 and of 2 workers. It may also be a fixture.
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about; three parameters by default.

    Examples
    --------
    >>> from glompo.selectors import CycleSelector
    >>> from glompo.testing import SelectorContract
    >>> class TestMine(SelectorContract):
    ...     selector = CycleSelector
    """

    subject: ClassVar[str] = "selector"
    selector: Any = None

    def made(self, given: Any, **more: Any) -> Any:
        """Return a selector of its own for one check."""
        cls, settings = (given, {}) if inspect.isclass(given) else given if isinstance(given, tuple) else (None, {})
        if cls is None:
            return super().made(given)
        return cls(RandomSampling, (RandomSampling, {"iters": 20, "workers": 2}), **settings, **more)

    def questions(self, policy: Any, run: History) -> list[Question]:
        """Return one question for each number of free slots."""
        free = range(run.view().free_slots + 1)
        return [lambda slots=slots: _plain(policy.choose(run.manager(), slots)) for slots in free]  # type: ignore[misc]

    def test_it_chooses_what_fits(self, selector: Any) -> None:
        """It returns an option that fits into the free slots, None or False."""
        policy = self.made(selector)
        for situation, make in ALL.items():
            run = make(self.bounds)
            self.answers(policy, situation, run)
            for slots in range(run.view().free_slots + 1):
                chosen = policy.choose(run.manager(), slots)
                if chosen is None or chosen is False:
                    continue
                demand(
                    isinstance(chosen, Option), f"when {situation} it returned {chosen!r}; return one of self.options"
                )
                demand(
                    chosen.shared or chosen.slots <= slots,
                    f"when {situation} it chose {chosen.kind} with {chosen.slots} slots, and {slots} are free",
                )
                demand(
                    chosen.slots >= policy.smallest(),
                    f"smallest() is {policy.smallest()}, and it chose {chosen.kind} with {chosen.slots} slots",
                )

    def test_something_starts_in_an_empty_run(self, selector: Any) -> None:
        """When no optimizer lives and all slots are free, it must not wait: nothing would ever happen."""
        policy, run = self.made(selector), not_started(self.bounds)
        chosen = policy.choose(run.manager(), SLOTS)
        demand(isinstance(chosen, Option), f"with all {SLOTS} slots free it returned {chosen!r}; return an option")

    def test_its_options_stay_the_same(self, selector: Any) -> None:
        """Choosing changes nothing in what can be chosen."""
        policy = self.made(selector)
        before = [_plain(option) for option in policy.options]
        for situation in ALL:
            self.answers(policy, situation)
        after = [_plain(option) for option in policy.options]
        demand(after == before, f"its options were {before} and are {after}")

    def test_it_obeys_a_spawn_control(self, selector: Any) -> None:
        """Once `allow_spawn` says no, it returns False."""
        if not (inspect.isclass(selector) or isinstance(selector, tuple)):
            raise SkipTest("an instance has the spawn control that it was made with; give the class to check that")
        policy, run = self.made(selector, allow_spawn=lambda manager: False), not_started(self.bounds)
        chosen = policy.choose(run.manager(), SLOTS)
        demand(chosen is False, f"allow_spawn said no and it returned {chosen!r}; pass allow_spawn on to super()")

    def test_a_run_with_it_ends_with_its_budget(self, selector: Any) -> None:
        """A whole run starts optimizers, never exceeds its slots, and ends."""
        policy, bowl = self.made(selector), Bowl(2)
        run = self.soon(lambda: simulate(policy, MaxTotalFunctionCalls(CALLS), task=bowl, bounds=bowl.bounds))
        demand(run.view.n_started > 0, "nothing started")
        done = run.view.calls == CALLS or policy.choose(ManagerView(run.view), run.view.slots) is False
        ended = run.state.finished.reason() if run.state.finished else "nothing"
        demand(done, f"{run.view.calls} of {CALLS} calls were made, and it did not return False: {ended}")

    def test_asked_twice_it_answers_the_same(self, selector: Any) -> None:
        """Whatever it was asked before: a decision taken again after a resume must be the same."""
        self.demand_same_twice(selector)

    def test_it_does_not_change_the_run(self, selector: Any) -> None:
        """A question leaves no trace."""
        self.demand_untouched(selector)

    def test_its_random_numbers_are_its_own(self, selector: Any) -> None:
        """Neither does it draw from the global random states nor depend on them."""
        self.demand_own_randomness(selector)

    def test_the_documented_call_form_gives_the_same_answer(self, selector: Any) -> None:
        """``selector.select_optimizer(manager, slots_available)``."""
        policy = self.made(selector, **({"allow_spawn": None} if not _is_instance(selector) else {}))
        for situation, make in ALL.items():
            run = make(self.bounds)
            slots = run.view().free_slots
            chosen = policy.choose(run.manager(), slots)
            called = policy.select_optimizer(run.manager(), slots)
            if chosen is not False and isinstance(called, Option):
                demand(
                    _plain(called) == _plain(chosen),
                    f"when {situation} select_optimizer gave {called}, and choose {chosen}",
                )

    def test_its_text_shows_what_it_is(self, selector: Any) -> None:
        """``str(selector)`` is one line that stays the same."""
        self.demand_text(selector)

    def test_it_can_be_copied_and_pickled(self, selector: Any) -> None:
        """Copies answer alike."""
        self.demand_copies(selector)


def _is_instance(given: Any) -> bool:
    return not (inspect.isclass(given) or isinstance(given, tuple))


def _plain(choice: Any) -> Any:
    """Return what can be compared."""
    if not isinstance(choice, Option):
        return choice
    return choice.kind, choice.slots, choice.describe()
