"""Every optimizer, on ranges of any size: it evaluates inside the box, or is refused before anything is written."""

import math

import numpy as np
import pytest

import glompo
from glompo.core.state.lifecycle import How
from glompo.errors import SettingError
from glompo.events import Noted
from glompo.optimizers import Annealing, Nevergrad, Scipy
from glompo.storage.reader import read_events

from .cases import ALL

NATURAL = ("Scipy", "Nlopt")
"""Those that compute in the units of the parameters; all others work on any range."""

RANGES = {
    "one ulp": (1.0, math.nextafter(1.0, 2.0)),
    "one subnormal": (0.0, 5e-324),
    "SI units": (1e-19, 5e-19),
    "tiny": (1e-300, 2e-300),
    "huge": (-8e307, 8e307),
    "far from zero": (1e9, 1e9 + 1),
}


def notes(result):
    return [event.text for event in read_events(result.run_dir) if isinstance(event, Noted)]


def bowl(low, high):
    def task(x):
        assert ((x >= low) & (x <= high)).all()
        return float(np.sum((x / high - 0.4) ** 2))

    return task


@pytest.mark.parametrize("box", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_it_searches_inside_the_box_or_is_refused_by_name(case, box, tmp_path):
    run_dir = tmp_path / "run"
    try:
        result = glompo.minimize(
            bowl(*box), [box] * 2, optimizers=case(), max_evaluations=6, max_jobs=1, rng=1, backend="threads",
            working_dir=run_dir, durability="none",
        )  # fmt: skip
    except SettingError as error:
        refused = str(error)
    else:
        assert result.nfev == 6
        assert all(one.how != How.CRASHED for one in result.optimizers)
        return
    assert case.name.startswith(NATURAL)
    assert refused.startswith(case.cls.__name__)
    assert "scaler='linear'" in refused
    assert not run_dir.exists()


@pytest.mark.parametrize("method", ["COBYLA", "dual_annealing", "L-BFGS-B"])
def test_a_refused_method_searches_on_a_scale(method):
    low, high = RANGES["SI units"]
    result = glompo.minimize(
        bowl(low, high), [(low, high)] * 2, optimizers=Scipy(method), scaler="linear", max_evaluations=200, max_jobs=1,
        rng=1, backend="threads",
    )  # fmt: skip
    assert result.fx < 1e-2


@pytest.mark.parametrize(
    "optimizer",
    [
        Annealing(),
        *(Scipy(method, unit=True) for method in ("COBYQA", "L-BFGS-B", "Nelder-Mead", "differential_evolution")),
    ],
    ids=str,
)
def test_a_search_in_the_unit_cube_finds_as_much_in_any_unit(optimizer):
    found = {}
    for unit in (1.0, 2.0**-60, 2.0**60):
        seen = []

        def task(x, unit=unit, seen=seen):
            seen.append(x / unit)
            return float(np.sum((x / unit - 3.0) ** 2))

        glompo.minimize(
            task, [(unit, 5 * unit)] * 2, optimizers=optimizer, max_evaluations=100, max_jobs=1, rng=1,
            backend="threads",
        )  # fmt: skip
        found[unit] = seen
    np.testing.assert_array_equal(found[2.0**-60], found[1.0])
    np.testing.assert_array_equal(found[2.0**60], found[1.0])


@pytest.mark.filterwarnings("ignore")  # what Nevergrad's optimizers have to say
@pytest.mark.parametrize("dims", [1, 2, 10])
def test_a_portfolio_that_plans_does_without_a_budget(dims, tmp_path):
    pytest.importorskip("nevergrad")
    before = np.random.get_state()[1].copy()
    optimizer = Nevergrad("ngopt")
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    result = glompo.minimize(
        lambda x: float(x @ x), [(-5, 5)] * dims, optimizers=optimizer, max_evaluations=60, max_jobs=1, rng=1,
        working_dir=tmp_path / "run",
    )  # fmt: skip
    assert (result.nfev, len(result.optimizers)) == (60, 1)


@pytest.mark.filterwarnings("ignore")
def test_a_portfolio_goes_on_without_metamodels():
    pytest.importorskip("nevergrad")
    seen = []

    def task(x):
        seen.append(x)
        return float(x @ x)

    optimizer = Nevergrad("NGOpt", budget=40)
    optimizer.rng = np.random.default_rng(1)
    result = optimizer.minimize(task, np.array([1.0]), [(-5, 5)])
    assert result.stats["reason"] == "its budget of 40 evaluations is used"
    assert len(seen) in (40, 41)
