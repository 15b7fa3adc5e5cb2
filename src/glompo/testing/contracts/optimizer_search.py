"""Checks of an optimizer: how it searches."""

from __future__ import annotations

from typing import Any
from unittest import SkipTest

import numpy as np

from glompo.function import Status
from glompo.optimizer import MinimizeResult
from glompo.selectors.base import option_of
from glompo.testing.contracts.base import demand
from glompo.testing.contracts.bench import Enough
from glompo.testing.contracts.bowl import Bowl, DetailedBowl
from glompo.testing.contracts.optimizer_trial import OptimizerTrial, Recording, capabilities_of
from glompo.testing.contracts.probes import SUBJECT
from glompo.testing.spy import Witness, watched
from glompo.worker.space import SCALES, Space


class SearchChecks(OptimizerTrial):
    """It searches where it should, and copes with what it finds."""

    def test_it_improves_on_its_start(self, optimizer: Any) -> None:
        """The best value after `evaluations` is below that of x0, and within `tolerance`."""
        bowl = self.bowl()
        run = self.tried(option_of(optimizer), bowl)
        start, best = bowl(bowl.x0), run.view[SUBJECT].best
        demand(
            best < start and best <= self.tolerance * start,
            f"it came from {start:.6g} at x0 to {best:.6g} in {len(run.view[SUBJECT])} evaluations; the minimum is 0, "
            f"tolerance {self.tolerance:g} asks for {self.tolerance * start:.6g} or less",
        )

    def test_it_works_without_a_manager(self, optimizer: Any) -> None:
        """Stand-alone, `minimize` returns a MinimizeResult that is true, at the latest after `callstop`."""
        option, bowl = option_of(optimizer), self.bowl()
        alone = option.cls(*option.args, **option.kwargs)
        demand(alone.check_messages() == [], "check_messages() without a manager must return an empty list")
        bench = self.bench(option)
        try:
            result = self.soon(lambda: bench.search(alone))
        except Enough:
            raise AssertionError(
                f"callstop was called after {self.evaluations} evaluations, and it made {self.grace} more and did not "
                "end; let callstop set a flag that the loop looks at"
            ) from None
        demand(
            isinstance(result, MinimizeResult),
            f"minimize returned {type(result).__name__}; return MinimizeResult(success, x, fx)",
        )
        demand(bench.points, "it returned without one evaluation")
        demand(result.x is not None, "the result has no x; give MinimizeResult the best point")
        x = bench.natural(result.x)
        demand(x.shape == bowl.x0.shape and bowl.contains(x), f"the result lies outside the bounds: x = {result.x}")
        demand(np.isclose(bowl(x), result.fx), f"the result says fx = {result.fx}, but the value at x is {bowl(x)}")
        demand(result.fx < bowl(bowl.x0), f"the result is no better than x0: {result.fx} instead of {bowl(bowl.x0)}")

    def test_what_it_was_given_stays_as_it_is(self, optimizer: Any) -> None:
        """The settings that the user gave are the same after a run."""
        option = option_of(optimizer)
        before = option.describe()
        self.tried(option, self.bowl())
        demand(
            option.describe() == before, f"its settings were changed: {before} became {option.describe()}; copy them"
        )

    def test_outside_the_bounds_nothing_is_evaluated(self, optimizer: Any) -> None:
        """With the minimum on the bounds, all evaluations are inside, and all others are +inf and recorded as such."""
        bowl = _Edge(self.dims)
        task = Recording(bowl)
        run = self.tried(option_of(optimizer), task)
        strays = [x for x in task.points if not bowl.contains(x)]
        demand(not strays, f"the task was called outside the bounds {len(strays)} times, first at {strays[:1]}")
        path = run.view[SUBJECT].trajectory.rows()
        outside = np.array([not bowl.contains(x) for x in path.X])
        demand(
            not (outside.any() and capabilities_of(optimizer).stays_inside),
            f"it declares to stay inside the bounds, and asked for {path.X[outside][:1]}",
        )
        demand(
            ((path.status == Status.OUT_OF_BOUNDS) == outside).all() and np.isinf(path.f[outside]).all(),
            f"{np.count_nonzero(outside)} candidates outside the bounds are not all recorded as out of bounds with inf",
        )

    def test_failed_evaluations_do_not_end_its_search(self, optimizer: Any) -> None:
        """Of three evaluations one gives nan, inf, -inf, None, or raises; the search goes on and finds something."""
        if not capabilities_of(optimizer).nan:
            raise SkipTest("it declares that it cannot go on after failed evaluations")
        run = self.tried(option_of(optimizer), Recording(self.bowl(), _one_of_three_fails))
        one = run.view[SUBJECT]
        demand(np.isfinite(one.best), f"it has no valid value after {len(one)} evaluations")

    def test_a_start_without_any_value_does_not_end_in_a_crash(self, optimizer: Any) -> None:
        """The first evaluations are all +inf."""
        many = self.evaluations // 3
        task = Recording(self.bowl(), lambda number, value: np.inf if number < many else value)
        self.tried(option_of(optimizer), task)

    def test_detailed_values_are_recorded_and_it_sees_only_the_value(self, optimizer: Any) -> None:
        """With `is_log_detailed` one call of `detailed_call` is one evaluation."""
        witness = Witness()
        task = DetailedBowl(self.dims)
        run = self.tried(watched(option_of(optimizer), witness), task, is_log_detailed=True)
        path = run.view[SUBJECT].trajectory
        failed = list(run.view.reasons)
        demand(not failed, f"evaluations failed: {failed}")
        demand(witness.instance is not None and witness.instance.is_log_detailed, "its is_log_detailed is not set")
        others = {type(value).__name__ for value in witness.values if not isinstance(value, float)}
        demand(not others, f"the function returned {others} to it, not only floats")
        called = path.status != Status.OUT_OF_BOUNDS
        rows = [row for row, was_called in zip(path.extras, called, strict=True) if was_called]
        recorded = [row[0].tolist() if row else None for row in rows]
        expected = [task.residuals(x).tolist() for x in path.X[called]]
        demand(recorded == expected, "what detailed_call returned is not recorded beside the point that it belongs to")

    def test_it_searches_in_the_units_that_it_asks_for(self, optimizer: Any) -> None:
        """A `scaler` changes what it sees, never what is recorded; without one, 'linear' must do as well."""
        option = option_of(optimizer)
        cls: Any = option.cls
        asked = cls.scaler
        demand(
            asked is None or asked == "none" or asked in SCALES,
            f"scaler is {asked!r}; use 'none' or one of {', '.join(map(repr, SCALES))}, or None for any",
        )
        for scaler in ("none", "linear") if asked is None else (asked,):
            self._check_units(option, scaler)

    def _check_units(self, option: Any, scaler: str) -> None:
        bowl, witness = self.bowl(), Witness()
        run = self.tried(watched(option, witness, scaler=scaler), bowl)
        space = Space(bowl.bounds, scaler)
        demand(witness.bounds == space.pairs, f"with scaler {scaler!r} it saw the bounds {witness.bounds}")
        demand(witness.points, f"with scaler {scaler!r} it asked for nothing")
        seen = np.array([space.natural(u) for u in witness.points])
        recorded = run.view[SUBJECT].trajectory.X
        sides = bowl.bounds[:, 1] - bowl.bounds[:, 0]
        away = np.abs((seen[:, None] - recorded[None]) / sides).max(axis=2).min(axis=1)
        demand((away < 1e-9).all(), f"with scaler {scaler!r} it asked for {seen[away.argmax()]}, which is not recorded")
        demand(run.view[SUBJECT].best < bowl(bowl.x0), f"with scaler {scaler!r} it does not improve on its start")

    def test_a_fixed_parameter_is_hidden_from_it(self, optimizer: Any) -> None:
        """A parameter whose bounds are equal is no dimension of its search and keeps its value."""
        bowl, witness = self.bowl(fixed=True), Witness()
        run = self.tried(watched(option_of(optimizer), witness), bowl)
        demand(len(witness.bounds) == self.dims, f"it saw {len(witness.bounds)} parameters; {self.dims} are free")
        values = set(run.view[SUBJECT].trajectory.X[:, 1].tolist())
        demand(values == {bowl.bounds[1, 0]}, f"the fixed parameter took the values {sorted(values)}")

    def test_one_free_parameter_is_enough_for_it(self, optimizer: Any) -> None:
        """It searches in one dimension."""
        least = capabilities_of(optimizer).least_dims
        if self.dims < 2 or least > 1:
            raise SkipTest(f"it is tried with {self.dims} parameters, and declares to need {least}")
        bowl = Bowl(1)
        run = self.tried(option_of(optimizer), bowl)
        demand(run.view[SUBJECT].best < bowl(bowl.x0), "with one parameter it does not improve on its start")


class _Edge(Bowl):
    """A bowl whose minimum lies in a corner of the box."""

    def __init__(self, dims: int) -> None:
        super().__init__(dims)
        self.minimum = self.bounds[:, 0].copy()
        self.x0 = self.bounds[:, 0] + 0.02 * (self.bounds[:, 1] - self.bounds[:, 0])


def _one_of_three_fails(number: int, value: float) -> Any:
    if number % 3 != 1:
        return value
    failures: list[Any] = [np.nan, np.inf, -np.inf, None]
    case = number // 3 % (len(failures) + 1)
    if case == len(failures):
        raise ArithmeticError("the task fails now and then, for a test")
    return failures[case]
