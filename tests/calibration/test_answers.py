"""What a model answers is compared with what was wanted; an answer of no use names the row that wants it."""

import numpy as np
import pytest

import glompo
from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters
from glompo.errors import TaskContractError
from glompo.optimizers import RandomSampling

PARAMETERS = Parameters([Parameter("a", 1.0, 0.0, 10.0)])
DATA = Data(
    [
        Entry("y", 1.0, at=1.0, where="data.csv:2"),
        Entry("y", 2.0, at=2.0, where="data.csv:3"),
        Entry("z - w", 3.0, where="data.csv:4"),
    ]
)
SETTINGS = {"max_evaluations": 60, "max_jobs": 1, "rng": 1}


def good(values, wanted):
    return {"y": values["a"] * wanted["y"], "z": 4.0, "w": 1.0}


def answering(**changed):
    return lambda values, wanted: {
        name: value
        for name, value in (good(values, {"y": np.array([1.0, 2.0])} | wanted) | changed).items()
        if value is not ...
    }


WRONG = [
    (lambda values, wanted: None, r"the model gave None; let it return a mapping"),
    (lambda values, wanted: [1.0, 2.0], r"the model gave \[1.0, 2.0\]; let it return a mapping"),
    (answering(w=...), r"data\.csv:4: the model gave no 'w'; it gave 'y', 'z'"),
    (answering(y=[1.0]), r"data\.csv:2: the model gave 'y' with the shape \(1,\); 2 numbers are wanted"),
    (answering(z="many"), r"data\.csv:4: the model gave 'many' for 'z'; let it give a number"),
    (answering(z=1j), r"data\.csv:4: the model gave 1j for 'z'; let it give a number"),
    (answering(z=None), r"data\.csv:4: the model gave None for 'z'; let it give a number"),
    (answering(y=[1.0, np.nan]), r"data\.csv:3: the model gave nan for 'y' at 2; take the row out, mend the model"),
    (answering(w=-np.inf), r"data\.csv:4: the model gave -inf for 'w'; take the row out, mend the model"),
    (
        answering(w=RuntimeError("it burst"), z=...),
        r"data\.csv:4: 'w' failed: RuntimeError: it burst; take the row out",
    ),
]


@pytest.mark.parametrize(("model", "told"), WRONG)
def test_an_answer_of_no_use_at_the_values_of_the_table_ends_the_run_and_nothing_is_kept(model, told, tmp_path):
    rows = [Parameter("a", 1.0, 0.0, 10.0), Parameter("b", 0.7, 0.1, 1.3, scale="log"), Parameter("c", 1.3, 0.9, 1.6)]
    with pytest.raises(TaskContractError, match=told) as raised:
        glompo.minimize(Calibration(model, Parameters(rows), DATA), working_dir=tmp_path / "run", **SETTINGS)
    assert raised.value.result.nfev == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", [{}, {"backend": "processes"}, {"evaluator": "pool"}])
def test_a_search_that_begins_elsewhere_finds_out_as_soon(setting, tmp_path):
    fit = Calibration(lacking, PARAMETERS, DATA)
    with pytest.raises(TaskContractError, match="the model gave no 'w'") as raised:
        glompo.minimize(fit, optimizers=RandomSampling, working_dir=tmp_path / "run", **SETTINGS | setting)
    assert raised.value.result.nfev == 1
    assert list(tmp_path.iterdir()) == []


def lacking(values, wanted):
    return {"y": values["a"] * wanted["y"], "z": 4.0}


def gives_up(values, wanted):
    """Answer near the values of the table only."""
    return good(values, wanted) if values["a"] < 2.0 else {}


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_what_is_answered_at_the_values_of_the_table_may_be_lacking_elsewhere(backend, tmp_path):
    fit = Calibration(gives_up, PARAMETERS, DATA)
    settings = {"optimizers": RandomSampling, "backend": backend, "max_failure_rate": 1.0}
    result = glompo.minimize(fit, working_dir=tmp_path, **SETTINGS | settings)
    assert result.nfev == 60
    assert {row.status for row in glompo.read.rows(tmp_path)} == {"ok", "failed"}


def test_a_number_that_is_not_finite_elsewhere_fails_with_its_row(tmp_path):
    def narrow(values, wanted):
        return good(values, wanted) | {"z": np.nan if values["a"] != 1.0 else 4.0}

    fit = Calibration(narrow, PARAMETERS, DATA)
    with pytest.raises(ValueError, match=r"data\.csv:4: the model gave nan for 'z'"):
        fit([2.0])
    glompo.minimize(fit, optimizers=RandomSampling, working_dir=tmp_path, **SETTINGS)
    reasons = {row.reason for row in glompo.read.rows(tmp_path) if row.status == "failed"}
    assert len(reasons) == 1
    assert "data.csv:4: the model gave nan for 'z'; take the row out" in reasons.pop()


def test_the_model_is_asked_once_more_only_where_it_was_lacking_at_first():
    calls = []

    def counted(values, wanted):
        calls.append(values["a"])
        return gives_up(values, wanted)

    fit = Calibration(counted, PARAMETERS, DATA)
    for _ in range(2):
        with pytest.raises(ValueError, match="the model gave no 'y'"):
            fit([5.0])
    assert calls == [5.0, 1.0, 5.0]


def test_data_for_validation_that_cannot_be_computed_do_not_cost_the_report():
    rows = [*DATA, Entry("v", 1.0, split="validation", where="data.csv:9")]
    report = Calibration(answering(), PARAMETERS, Data(rows)).report()
    assert report.loss == 0.0
    assert np.isnan(report.validation_loss)
    assert "the validation data cannot be computed there: AnswerError: data.csv:9: the model gave no 'v'" in str(report)
