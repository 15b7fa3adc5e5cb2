"""What a search of CMA-ES costs does not depend on noise, unit or offset of the values; nor do walls end it."""

import numpy as np
import pytest

from glompo.optimizers import CMAES, CMAOptimizer
from glompo.optimizers.stagnation import Stagnation

BOX = [(-5.12, 5.12)] * 4
BOTH = pytest.mark.parametrize("kind", [CMAOptimizer, CMAES])


def rastrigin(x):
    return float(np.sum(x**2 - 10 * np.cos(2 * np.pi * x) + 10))


def rosenbrock(x):
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def search(kind, f, seed=1, most=6000, **settings):
    """Return the result of a search that ends by itself, and all of its points."""
    if kind is CMAES:
        pytest.importorskip("cmaes")
    seen = []

    def task(x):
        assert len(seen) < most, "it does not end"
        seen.append(np.array(x))
        return f(x)

    optimizer = kind(**settings)
    optimizer.rng = np.random.default_rng(seed)
    return optimizer.minimize(task, np.full(len(BOX), 3.3), BOX), seen


@BOTH
@pytest.mark.parametrize("noise", [1e-10, 1e-8, 1e-6])
def test_noise_does_not_prolong_a_search(kind, noise):
    quiet, without = search(kind, rastrigin)
    noisy, seen = search(kind, lambda x: (1 + rastrigin(x)) * (1 + noise * np.sin(1e9 * x.sum())))
    assert len(seen) < 1.5 * len(without)
    assert noisy.fx - 1 < quiet.fx + 1e-3
    assert noisy.success


@BOTH
@pytest.mark.parametrize("seed", [1, 2])
def test_without_noise_a_search_goes_on_to_the_end_of_a_curved_valley(kind, seed):
    result, _ = search(kind, lambda x: min(rosenbrock(x), rosenbrock(-x)), seed)
    assert result.fx < 1e-8 or abs(result.fx - 3.7) < 0.1  # its second minimum


@BOTH
def test_the_unit_of_the_values_changes_nothing(kind):
    _, seen = search(kind, rosenbrock)
    _, small = search(kind, lambda x: 2.0**-80 * rosenbrock(x))
    np.testing.assert_array_equal(small, seen)


@BOTH
def test_an_offset_costs_no_evaluations(kind):
    _, seen = search(kind, rastrigin)
    _, shifted = search(kind, lambda x: 1e7 + rastrigin(x))
    assert len(shifted) < 1.2 * len(seen)


@BOTH
def test_a_start_on_a_wall_does_not_end_the_search(kind):
    result, _ = search(kind, lambda x: rosenbrock(x) if (np.abs(x) < 2.5).all() else 1e30 * np.abs(x).sum())
    assert result.fx < 1e-8 or abs(result.fx - 3.7) < 0.1


def test_pycma_does_as_its_own_options_say():
    result, seen = search(CMAOptimizer, rastrigin, cma_options={"tolfun": 1e-3, "tolfunhist": 1e-3})
    assert "tolfun" in result.stats["reason"]
    _, longer = search(CMAOptimizer, rastrigin)
    assert len(seen) < len(longer)


def test_a_search_that_is_still_wide_has_not_stagnated():
    rng, rule = np.random.default_rng(1), Stagnation(2, 6)
    for _ in range(100):
        rule.tell(rng.random((6, 2)), rng.random(6))
    assert rule.reason() is None
    for _ in range(60):
        rule.tell(0.5 + 1e-5 * rng.standard_normal((6, 2)), rng.random(6))
    assert "no gain" in rule.reason()
