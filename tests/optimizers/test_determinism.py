"""The same seed gives the same points, whatever else draws random numbers."""

import numpy as np
import pytest

from glompo.events import Evaluated
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.problems import Rosenbrock
from glompo.testing import simulate

from .cases import ALL, asked, run

PROBLEM = Rosenbrock(3)


def points(case, task=PROBLEM, seconds=1.0, **settings):
    """Return what was asked for and found in 60 evaluations, in the order of completion."""
    found = asked(run(case(**settings), task, 60, bounds=PROBLEM.bounds, rng=6, seconds=seconds))
    return [array.tolist() for array in found]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_leaves_the_global_generator_alone_and_does_not_care_who_draws_from_it(case):
    def disturbed(x):
        np.random.random(3)
        return PROBLEM(x)

    case()  # imports its library, and what that does on import is its own affair
    np.random.seed(5)
    untouched = np.random.random(4).tolist()
    np.random.seed(5)
    first = points(case)
    assert np.random.random(4).tolist() == untouched
    assert points(case, disturbed) == first


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_several_workers_ask_for_the_same_points_however_long_evaluations_take(case):
    if not case().capabilities.batch:
        pytest.skip(reason="it evaluates one point at a time")
    regular = run(case(workers=4), PROBLEM, 400, bounds=PROBLEM.bounds, rng=6)
    ragged = run(case(workers=4), PROBLEM, 400, bounds=PROBLEM.bounds, rng=6, seconds=lambda opt, x: 1 + abs(x[0]))
    batches = [sorted(map(tuple, asked(one)[0].tolist())) for one in (regular, ragged)]
    if {len(batch) for batch in batches} == {400}:  # cut in the middle of a batch, of which any part may be missing
        batches = [set(batch) for batch in batches]
        assert len(batches[0] ^ batches[1]) <= 120
    else:
        assert batches[0] == batches[1]
    assert regular.view.now < regular.view.calls


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_sibling_of_the_same_kind_in_the_same_process_changes_nothing(case):
    def of_the_first(ended):
        return [(row.X.tolist(), row.f.tolist()) for row in ended.events if isinstance(row, Evaluated) and row.opt == 1]

    alone = of_the_first(simulate([case()], MaxTotalFunctionCalls(40), task=PROBLEM, bounds=PROBLEM.bounds, max_jobs=1))
    pair = simulate([case()], MaxTotalFunctionCalls(80), task=PROBLEM, bounds=PROBLEM.bounds, max_jobs=2)
    both = of_the_first(pair)
    n = min(len(alone), len(both))
    assert n >= 4
    assert both[:n] == alone[:n]
