"""Sensitivity is read off points that were evaluated anyway."""

import numpy as np
import pytest

from glompo.calibration.sensitivity import hsic, near_best, salib, worth_keeping
from glompo.errors import SettingError

NAMES = ("strong", "weak", "round", "none")


def sample(n=400):
    X = np.random.default_rng(5).uniform(size=(n, 4))
    return X, 4.0 * X[:, 0] + 0.8 * X[:, 1] + 3.0 * (X[:, 2] - 0.5) ** 2 * 4.0


def test_parameters_are_ordered_by_what_the_value_depends_on_also_if_it_is_not_monotonic():
    X, y = sample()
    found = hsic(X, y, NAMES, rng=1)
    assert found.order[0] == "strong"
    assert found.order[-1] == "none"
    assert found.p[3] > 0.05
    assert (found.p[[0, 2]] < 0.02).all()
    assert 0.0 <= found.index.min() <= found.index.max() <= 1.0


def test_only_ranks_count_and_the_same_seed_gives_the_same_answer():
    X, y = sample()
    first, again = hsic(X, y, rng=3), hsic(X**3, np.exp(y), rng=3)
    assert np.array_equal(first.index, again.index)
    assert np.array_equal(first.p, again.p)
    assert first.names == ("x0", "x1", "x2", "x3")


def test_what_matters_near_the_best_may_matter_nowhere_else():
    X = np.random.default_rng(2).uniform(size=(600, 2))
    y = np.where(X[:, 0] < 0.3, X[:, 1], 5.0 + X[:, 0])
    near = hsic(X[X[:, 0] < 0.3], y[X[:, 0] < 0.3], target=near_best(y[X[:, 0] < 0.3], 0.3))
    assert near.order[0] == "x1"
    assert hsic(X, y).order[0] == "x0"
    with pytest.raises(SettingError, match=r"near is 1\.5"):
        near_best(y, 1.5)


def test_a_parameter_that_does_not_move_shows_nothing():
    X, y = sample(60)
    X[:, 3] = 1.0
    found = hsic(X, y)
    assert (found.index[3], found.p[3]) == (0.0, 1.0)


def test_those_are_kept_active_on_which_anything_depends():
    X, y = sample()
    assert worth_keeping(hsic(X, y, NAMES, rng=1), hsic(X, y, NAMES, target=near_best(y, 0.2), rng=1)) in (
        ("strong", "round"), ("strong", "weak", "round"),
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_methods_of_salib_take_the_same_points():
    pytest.importorskip("SALib")
    X, y = sample()
    for method in ("pawn", "rbd_fast"):
        assert salib(method, X, y, [(0, 1)] * 4, NAMES).order[0] == "strong"
    with pytest.raises(SettingError, match="method is 'sobol'; use hsic, or one of SALib: pawn, rbd_fast, delta"):
        salib("sobol", X, y, [(0, 1)] * 4)
