"""What the contracts of all policies have in common."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import cloudpickle
from numpy.typing import ArrayLike

from glompo.core.state.snapshot import same
from glompo.testing.contracts.base import Contract, demand, global_draws, global_random_state, reason
from glompo.testing.contracts.situations import ALL, Situation
from glompo.testing.histories import History

BOX = ((-5.0, 5.0), (0.0, 10.0), (100.0, 300.0))
"""Bounds of the runs that policies are asked about."""

Question = Callable[[], Any]
"""Asks the policy something, and returns the answer."""


class PolicyContract(Contract):
    """Base of the contracts of policies.

    A policy is given as an instance, as a class that needs no arguments, or as a tuple (class, keyword arguments).

    Attributes
    ----------
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about.
    """

    knobs: ClassVar[tuple[str, ...]] = ("bounds", *Contract.knobs)
    bounds: ClassVar[ArrayLike] = BOX

    def made(self, given: Any) -> Any:
        """Return a policy of its own for one check."""
        if inspect.isclass(given):
            return given()
        if isinstance(given, tuple):
            cls, settings = given
            return cls(**settings)
        return copy.deepcopy(given)

    def questions(self, policy: Any, run: History) -> list[Question]:
        """Return all questions that can be asked about a run."""
        raise NotImplementedError

    def answers(self, policy: Any, situation: str, run: History | None = None) -> list[Any]:
        """Return the answers to all questions about a situation; AssertionError if it raises or warns."""
        run = run or ALL[situation](self.bounds)
        with _strict(situation):
            return [ask() for ask in self.questions(policy, run)]

    def ask_about(self, given: Any, situations: dict[str, Situation]) -> None:
        """Ask about some situations."""
        policy = self.made(given)
        for situation in situations:
            self.answers(policy, situation)

    def demand_same_twice(self, given: Any) -> None:
        """Ask everything twice, in two orders, and a copy that knows nothing of the questions before."""
        policy = self.made(given)
        for situation in ALL:
            expected = self.answers(policy, situation)
            again = self.answers(policy, situation)
            demand(again == expected, f"when {situation} it answered {expected}, and asked again {again}")
            run = ALL[situation](self.bounds)
            with _strict(situation):
                backwards = [ask() for ask in reversed(self.questions(policy, run))][::-1]
            demand(backwards == expected, f"when {situation} it answered {expected}, in another order {backwards}")
            alone = self.answers(self.made(given), situation)
            demand(alone == expected, f"when {situation} it answered {alone}, and after other questions {expected}")

    def demand_untouched(self, given: Any) -> None:
        """Compare the run before and after the questions."""
        policy = self.made(given)
        for situation, make in ALL.items():
            run = make(self.bounds)
            self.answers(policy, situation, run)
            demand(same(run.state, make(self.bounds).state), f"when {situation} the question changed the run")

    def demand_own_randomness(self, given: Any) -> None:
        """Ask with two states of the random generators that all code shares."""
        policy, answers = self.made(given), []
        for seed in (1, 2):
            with global_random_state(seed):
                before = global_draws()
            with global_random_state(seed):
                answers.append([self.answers(policy, situation) for situation in ALL])
                demand(global_draws() == before, "it drew from numpy.random or random; use self.rng(...)")
        demand(answers[0] == answers[1], "its answers depend on numpy.random or random; use self.rng(...)")

    def demand_text(self, given: Any) -> None:
        """Look at `str`."""
        policy = self.made(given)
        text = str(policy)
        demand(text and "\n" not in text, f"str() gave {text!r}; it names the policy in reports, in one line")
        demand(" at 0x" not in text, f"str() gave {text!r}; show the settings instead of the address")
        self.answers(policy, "the race is long")
        demand(str(policy) == text, f"str() gave {text!r}, and after a question {str(policy)!r}")

    def demand_copies(self, given: Any) -> None:
        """Ask copies the same."""
        policy = self.made(given)
        copies: dict[str, Callable[[Any], Any]] = {"copy.deepcopy": copy.deepcopy, "pickle": _pickled}
        for how, copied in copies.items():
            try:
                other = copied(policy)
            except Exception as error:
                raise AssertionError(f"{how} cannot copy it: {reason(error)}") from error
            for situation in ALL:
                expected, got = self.answers(policy, situation), self.answers(other, situation)
                demand(got == expected, f"when {situation} it answered {expected}, its copy by {how} {got}")


def _pickled(policy: Any) -> Any:
    return pickle.loads(cloudpickle.dumps(policy))


@contextmanager
def _strict(situation: str) -> Iterator[None]:
    """Turn everything that is raised, and every warning, into AssertionError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"when {situation} it raised {reason(error)}") from error
