"""A task that declares its gradient is asked for it, together with the value, in one evaluation."""

import csv
import io

import numpy as np
import pytest

import glompo
from glompo.optimizers import RandomSampling, Scipy
from glompo.read import load
from glompo.read.export import write_csv
from glompo.worker.space import Space

BOX = [(0.5, 4.0), (1.0, 1.0), (0.1, 100.0)]


class Valley:
    """Lowest at (2, ., 10), where it is 0."""

    def __call__(self, x):
        return float((x[0] - 2) ** 2 + (np.log(x[2]) - np.log(10)) ** 2)

    def gradient(self, x):
        return np.array([2 * (x[0] - 2), 123.0, 2 * (np.log(x[2]) - np.log(10)) / x[2]])


class Plain:
    def __call__(self, x):
        return Valley()(x)


def run(task, name, **settings):
    settings = {"optimizers": Scipy("L-BFGS-B"), "max_jobs": 1, "stoppers": ()} | settings
    return glompo.minimize(task, BOX, x0=[1.0, 1.0, 1.0], working_dir=name, rng=1, **settings)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("scaler", ["none", ["std", "linear", "log"]])
@pytest.mark.parametrize("method", ["L-BFGS-B", "SLSQP", "TNC"])
def test_value_and_gradient_are_one_evaluation_on_every_scale(method, scaler):
    own = run(Valley(), "own", optimizers=Scipy(method), scaler=scaler)
    plain = run(Plain(), "plain", optimizers=Scipy(method), scaler=scaler)
    assert own.fun < 1e-4
    assert own.nfev < plain.nfev
    assert np.allclose(own.x, [2, 1, 10], rtol=0.1)


def test_other_optimizers_that_use_slopes_ask_for_it_too():
    pytest.importorskip("nlopt")
    from glompo.optimizers import Nlopt

    for name, optimizer in {"hops": Scipy("basinhopping", {"niter": 1}), "nlopt": Nlopt("LD_LBFGS")}.items():
        result = run(Valley(), name, optimizers=optimizer, max_evaluations=12)
        assert all(row.status == "ok" for row in load(name).rows())
        assert any("gradient" in line for line in table(name)[:1])
        assert result.fun < 1


def table(name):
    file = io.StringIO()
    write_csv(name, file)
    return list(csv.reader(io.StringIO(file.getvalue())))


@pytest.mark.parametrize("where", [{"evaluator": "pool"}, {"backend": "processes"}, {"is_log_detailed": False}])
def test_it_is_computed_where_values_are(where):
    assert run(Valley(), "run", **where).nfev == run(Valley(), "here").nfev


def test_it_is_recorded_so_that_a_resumed_search_is_the_same():
    task = Valley()
    whole = run(task, "whole", deterministic=True, max_evaluations=9)
    run(task, "parts", deterministic=True, max_evaluations=4)
    parts = run(task, "parts", deterministic=True, max_evaluations=9, resume="must")
    assert [row.x.tolist() for row in load("whole").rows()] == [row.x.tolist() for row in load("parts").rows()]
    assert parts.fun == whole.fun


def test_optimizers_without_slopes_see_the_task_alone():
    class Refusing(Valley):
        def gradient(self, x):
            raise AssertionError("it was asked")

    assert run(Refusing(), "run", optimizers=RandomSampling, max_evaluations=5).nfev == 5
    assert all(row.status == "ok" for row in load("run").rows())


@pytest.mark.parametrize("wrong", [[1.0], "steep", [1.0, np.nan, 0.0], None, [1j, 0, 0]])
def test_one_that_cannot_be_used_is_a_failed_evaluation_with_its_reason(wrong):
    class Wrong(Valley):
        def gradient(self, x):
            return wrong

    with pytest.raises(glompo.TaskFailedError, match=r"gradient\(x\) returned"):
        run(Wrong(), "run", max_evaluations=30)


def test_stand_alone_the_task_is_asked_directly():
    result = Scipy("L-BFGS-B").minimize(Valley(), np.array([1.0, 1.0, 1.0]), BOX)
    assert result.fx < 1e-6


def test_the_chain_rule_holds_on_each_scale():
    bounds = np.array([(0.5, 4.0), (1.0, 1.0), (0.1, 100.0), (-3.0, 5.0)])
    space = Space(bounds, ["std", "none", "log", "none"])

    def f(x):
        return x[0] ** 2 + 3 * x[2] + x[3] ** 3

    x = np.array([1.0, 1.0, 7.0, 2.0])
    slopes = space.gradient(x, np.array([2 * x[0], 9.0, 3.0, 3 * x[3] ** 2]))
    u = space.seen(x)
    for i in range(space.dims):
        step = np.zeros(space.dims)
        step[i] = 1e-6
        assert slopes[i] == pytest.approx((f(space.natural(u + step)) - f(space.natural(u - step))) / 2e-6, rel=1e-6)
