"""The contract of a generator as checks."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from glompo.testing.contracts.base import demand
from glompo.testing.contracts.policy import PolicyContract, Question
from glompo.testing.contracts.situations import ALL, EXTREME, FAILING, ORDINARY, SHORT, few_evaluations
from glompo.testing.histories import History


class GeneratorContract(PolicyContract):
    """Checks that a generator keeps what GloMPO expects of it.

    Attributes
    ----------
    generator : BaseGenerator, class or tuple
        What is checked: an instance, a class that needs no arguments, or ``(class, keyword arguments)``. It may also
        be a fixture.
    bounds : sequence of (min, max)
        Bounds of the runs that it is asked about; three parameters by default. In one check the first of them is
        fixed in its middle.

    Examples
    --------
    >>> from glompo.generators import SobolGenerator
    >>> from glompo.testing import GeneratorContract
    >>> class TestMine(GeneratorContract):
    ...     generator = SobolGenerator()
    """

    subject: ClassVar[str] = "generator"
    generator: Any = None

    def questions(self, policy: Any, run: History) -> list[Question]:
        """Return one: where the next optimizer starts, and why there."""
        return [lambda: (policy.place(run.manager()).tolist(), policy.explain(run.manager()))]

    def test_it_gives_one_point_inside_the_bounds(self, generator: Any) -> None:
        """Of shape (d,), finite, whatever has happened."""
        self._check_points(generator, self.bounds)

    def test_it_leaves_a_fixed_parameter_where_it_is(self, generator: Any) -> None:
        """With equal bounds of one parameter, all points have that value."""
        bounds = np.array(self.bounds, dtype=float)
        bounds[0] = bounds[0].mean()
        self._check_points(generator, bounds)

    def _check_points(self, given: Any, bounds: ArrayLike) -> None:
        policy = self.made(given)
        low, high = np.array(bounds, dtype=float).T
        for situation, make in ALL.items():
            run = make(bounds)
            [(point, _)] = self.answers(policy, situation, run)
            x = np.array(point)
            demand(x.shape == low.shape, f"when {situation} it gave a point of shape {x.shape}, not {low.shape}")
            inside = (low <= x) & (x <= high)
            demand(
                inside.all(),
                f"when {situation} it gave {x}, outside the bounds {np.column_stack([low, high]).tolist()}",
            )

    def test_it_says_where_the_point_comes_from(self, generator: Any) -> None:
        """`explain` gives a text."""
        policy = self.made(generator)
        for situation in ALL:
            [(_, text)] = self.answers(policy, situation)
            demand(isinstance(text, str) and text, f"when {situation} explain(manager) gave {text!r}; return a text")

    def test_it_answers_when_nothing_has_been_evaluated_yet(self, generator: Any) -> None:
        """Also when no optimizer has started."""
        self.ask_about(generator, SHORT)

    def test_it_answers_on_ordinary_histories(self, generator: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(generator, ORDINARY)

    def test_it_answers_on_inf_and_nan(self, generator: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(generator, FAILING)

    def test_it_answers_on_extreme_values(self, generator: Any) -> None:
        """Without an error or a warning."""
        self.ask_about(generator, EXTREME)

    def test_asked_twice_it_answers_the_same(self, generator: Any) -> None:
        """Whatever it was asked before: a decision taken again after a resume must be the same."""
        self.demand_same_twice(generator)

    def test_it_does_not_change_the_run(self, generator: Any) -> None:
        """A question leaves no trace."""
        self.demand_untouched(generator)

    def test_a_point_once_given_is_not_changed_any_more(self, generator: Any) -> None:
        """Writing into the point that it gave changes neither the generator nor the run."""
        policy = self.made(generator)
        run = few_evaluations(self.bounds)
        expected = policy.place(run.manager())
        policy.place(run.manager())[:] = np.nan
        again = policy.place(run.manager())
        demand(np.array_equal(again, expected), f"it gave {expected}, and {again} after the first was overwritten")

    def test_its_random_numbers_are_its_own(self, generator: Any) -> None:
        """Neither does it draw from the global random states nor depend on them."""
        self.demand_own_randomness(generator)

    def test_the_documented_call_form_gives_the_same_answer(self, generator: Any) -> None:
        """``generator.generate(manager)``."""
        policy = self.made(generator)
        for situation, make in ALL.items():
            run = make(self.bounds)
            [(point, _)] = self.answers(policy, situation, run)
            called = np.array(policy.generate(run.manager())).tolist()
            demand(called == point, f"when {situation} generate(manager) gave {called}, and place(manager) {point}")

    def test_its_text_shows_what_it_is(self, generator: Any) -> None:
        """``str(generator)`` is one line that stays the same."""
        self.demand_text(generator)

    def test_it_can_be_copied_and_pickled(self, generator: Any) -> None:
        """Copies answer alike."""
        self.demand_copies(generator)
