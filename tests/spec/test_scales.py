"""The scale of each parameter: what may be asked for, and what is refused before anything is written."""

import numpy as np
import pytest

import glompo
from glompo.errors import SettingError, SettingTypeError
from glompo.spec.bounds import scales_of

BOUNDS = np.array([[1e-6, 1.0], [-1.0, 3.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("given", "scales"),
    [
        ("std", ("std", "std", "std")),
        (["log", "none", "log"], ("log", "none", "log")),  # a fixed parameter needs no scale
        (("log", "linear", "std"), ("log", "linear", "std")),
        (np.array(["log", "linear", "std"]), ("log", "linear", "std")),
        ({"k": "log"}, ("log", "none", "none")),
    ],
)
def test_one_for_all_one_for_each_or_by_name(given, scales):
    assert scales_of(given, BOUNDS, ["k", "shift", "fixed"]) == scales


@pytest.mark.parametrize(
    ("given", "names", "error", "message"),
    [
        ("log", None, SettingError, r"scaler of parameter 1 is 'log', but its bounds are \(-1.0, 3.0\)"),
        ("log", ["k", "shift", "f"], SettingError, r"of parameter 1 \(shift\).*scaler=\['log', 'linear', 'log'\]"),
        ("logarithmic", None, SettingError, "scaler is 'logarithmic'; use one of 'none'"),
        (["log", "x", "none"], None, SettingError, "scaler of parameter 1 is 'x'"),
        (["log", 3, "none"], None, SettingError, "scaler of parameter 1 is 3"),
        (["log"], None, SettingError, "1 entries.*each of the 3 parameters"),
        ({"k": "log"}, None, SettingError, "have no names"),
        ({"q": "log"}, ["k", "shift", "f"], SettingError, "scaler has a parameter 'q'; the names are 'k'"),
        (5, None, SettingTypeError, "scaler is 5"),
        (None, None, SettingTypeError, "scaler is None"),
    ],
)
def test_what_is_refused(given, names, error, message):
    with pytest.raises(error, match=message):
        scales_of(given, BOUNDS, names)


def test_a_refusal_leaves_nothing_behind(tmp_path):
    with pytest.raises(SettingError, match="a logarithm needs"):
        glompo.minimize(lambda x: 0.0, [(0, 1)], scaler="log", max_evaluations=1, working_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_scales_among_the_bounds_are_refused_with_what_to_give_instead():
    with pytest.raises(SettingTypeError) as error:
        glompo.minimize(lambda x: 0.0, [(1e-6, 1, "log"), (200, 400)], max_evaluations=1)
    assert "give bounds=[(1e-06, 1), (200, 400)] and scaler=['log', 'none']" in str(error.value)
