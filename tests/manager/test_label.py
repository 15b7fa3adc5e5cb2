"""A label says which run this is, wherever the run is shown."""

import glompo
from glompo.cli.inspection import status_json, status_text

RUN = {"bounds": [(-1, 1)] * 2, "max_evaluations": 5, "max_jobs": 1, "rng": 1}


def bowl(x):
    return float(x @ x)


def test_a_label_is_recorded_and_shown_with_the_result_and_by_status(tmp_path):
    result = glompo.minimize(bowl, **RUN, working_dir=tmp_path, label="first\x1b try")
    assert result.label == result["label"] == "first\x1b try"
    assert "label: first\\x1b try" in str(result)
    assert status_text(tmp_path).startswith("first\\x1b try, ")
    assert '"label": "first' in status_json(tmp_path)
    assert glompo.read.load(tmp_path).opening.label == "first\x1b try"


def test_without_a_label_nothing_is_said_of_one(tmp_path):
    result = glompo.minimize(bowl, **RUN, working_dir=tmp_path)
    assert result.label == ""
    assert "label:" not in str(result)


def test_a_new_label_is_told_when_a_run_goes_on(tmp_path):
    glompo.minimize(bowl, **RUN, working_dir=tmp_path)
    result = glompo.minimize(bowl, **{**RUN, "max_evaluations": 9}, working_dir=tmp_path, resume="auto", label="again")
    assert (result.nfev, result.label) == (9, "again")
