import numpy as np
import pytest

from glompo.core.evaluations.trajectory import Trajectory
from glompo.events import Evaluated
from glompo.function import Status


def batch(k0, f, status=None, at=10.0):
    n = len(f)
    X = np.arange(k0, k0 + n, dtype=float)[:, None] * np.ones((1, 2))
    status = np.zeros(n, np.uint8) if status is None else np.array(status, np.uint8)
    ages = np.arange(n, dtype=np.float32)[::-1]
    return Evaluated(at, 1, k0, X, np.array(f, float), status, np.ones(n, np.float32), ages)


def test_columns_grow_across_batches_and_capacities():
    path = Trajectory(2)
    for start in range(0, 100, 7):
        path.append(batch(start, range(start, start + 7)), order0=2 * start)
    assert len(path) == 105
    np.testing.assert_array_equal(path.kept.f, np.arange(105))
    np.testing.assert_array_equal(path.kept.X[:, 1], np.arange(105))
    np.testing.assert_array_equal(path.kept.order[:9], [0, 1, 2, 3, 4, 5, 6, 14, 15])
    np.testing.assert_array_equal(path.kept.at[:3], [4.0, 5.0, 6.0])


def test_the_running_best_ignores_what_is_not_valid():
    path = Trajectory(2)
    path.append(batch(0, [np.inf, 3.0, -9.0, 5.0], [Status.OK, Status.OK, Status.FAILED, Status.OK]), 0)
    path.append(batch(4, [2.0, 2.0]), 4)
    np.testing.assert_array_equal(path.kept.best_f, [np.inf, 3.0, 3.0, 3.0, 2.0, 2.0])
    assert (path.best, path.best_k) == (2.0, 4)
    np.testing.assert_array_equal(path.best_x, [4.0, 4.0])


def test_no_caller_can_write_to_a_view():
    path = Trajectory(2)
    path.append(batch(0, [1.0]), 0)
    with pytest.raises(ValueError, match="read-only"):
        path.kept.f[0] = 0.0


def test_an_empty_trajectory_has_no_best():
    path = Trajectory(2)
    assert (path.best, path.best_x, len(path)) == (np.inf, None, 0)


def test_late_times_keep_their_digits():
    path = Trajectory(2)
    path.append(batch(0, [1.0, 2.0], at=100000.1235), 0)
    np.testing.assert_array_equal(path.kept.at, [99999.1235, 100000.1235])
