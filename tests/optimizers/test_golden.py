"""The first evaluations are what they always were; see golden.py for how to record them anew."""

import json

import numpy as np
import pytest

from .cases import ALL
from .golden import CALLS, SEEDS, path_of, recorded


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_the_first_evaluations_are_the_recorded_ones(case):
    case()  # skips without its library
    golden = json.loads(path_of(case).read_text(encoding="utf-8"))
    if golden["made_with"] != case.version:
        pytest.skip(reason=f"recorded with {golden['made_with']}, this is {case.version}")
    now = recorded(case)["runs"]
    assert set(now) == set(golden["runs"]) == set(map(str, SEEDS))
    for seed, run in golden["runs"].items():
        assert len(run["f"]) == len(now[seed]["f"]) <= CALLS
        np.testing.assert_allclose(now[seed]["x"], run["x"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(now[seed]["f"], run["f"], rtol=1e-9, atol=1e-12)


def test_two_seeds_give_two_records_unless_the_method_draws_nothing():
    for case in ALL:
        runs = json.loads(path_of(case).read_text(encoding="utf-8"))["runs"]
        same = runs["1"] == runs["2"]
        assert same == (case.name in ("Scipy-direct", "Scipy-shgo")), case.name
