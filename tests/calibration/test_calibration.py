"""A calibration is a task that brings everything a run needs to know."""

import functools
import math
import os
import pickle
import threading
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

import glompo
from glompo.calibration import Calibration, Data, Entry, Parameter, Parameters, Prior
from glompo.details import declares_residuals, details_of
from glompo.errors import SettingError, SettingTypeError, TaskContractError
from glompo.optimizers import LeastSquares, RandomSampling
from glompo.read import load, rows

DAYS = np.linspace(0.0, 4.0, 10)


def only_y(values, wanted):
    return {"y": decay(values, wanted)["y"]}


def decay(values, wanted):
    return {name: values["a"] * np.exp(-values["k"] * places) for name, places in wanted.items()}


def parameters(**settings):
    return Parameters(
        [
            Parameter("a", 1.0, 0.0, 10.0),
            Parameter("k", 1.0, 0.01, 5.0, scale="log"),
            Parameter("c", 2.0, active=False),
        ],
        **settings,
    )


def data():
    return Data(
        [
            Entry("y", float(3.0 * math.exp(-0.7 * day)), 0.1, float(day), "early" if day < 2 else "late", split)
            for split, days in (("training", DAYS), ("validation", DAYS[:-1] + 0.2))
            for day in days
        ]
    )


class Meeting:
    """A model with what it knows, which counts its instances and refuses two calls at once."""

    made: ClassVar[list[float]] = []
    together: ClassVar[threading.Barrier | None] = None
    quantities = ("y", "z")
    parameters = ("a", "k", "c")

    def __init__(self, factor=1.0):
        self.factor, self.calls = factor, threading.Lock()
        Meeting.made.append(factor)

    def __call__(self, values, wanted):
        assert self.calls.acquire(blocking=False)
        if self.together is not None:
            self.together.wait(30)
        self.calls.release()
        return {name: self.factor * value for name, value in decay(values, wanted).items()}


def test_minimize_needs_nothing_but_the_calibration(tmp_path):
    fit = Calibration(decay, parameters(), data())
    result = glompo.minimize(fit, max_evaluations=200, rng=1, max_jobs=1, working_dir=tmp_path)
    assert np.allclose(result.x, [3.0, 0.7])
    opening = load(tmp_path).opening
    assert opening.names == ("a", "k")
    assert any(row.regime == "fit" for row in result.optimizers)


def test_bounds_given_by_the_caller_leave_everything_to_the_caller(tmp_path):
    fit = Calibration(decay, parameters(), data())
    settings = {"optimizers": RandomSampling, "max_evaluations": 5, "max_jobs": 1, "rng": 1, "working_dir": tmp_path}
    glompo.minimize(fit, [(1, 2), (0.1, 0.2)], **settings)
    for row in rows(tmp_path):
        assert (row.x >= [1, 0.1]).all()
        assert (row.x <= [2, 0.2]).all()
        assert row.extras == ()


def test_a_task_without_bounds_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(SettingError, match=r"there are no bounds, and the task .* brings none"):
        glompo.minimize(abs, max_evaluations=5, working_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_sums_by_group_are_recorded_with_every_evaluation_and_residuals_where_they_were_used(tmp_path):
    fit = Calibration(decay, parameters(), data())
    settings = {"optimizers": [LeastSquares(), RandomSampling()], "max_evaluations": 40, "max_jobs": 2, "rng": 1}
    glompo.minimize(fit, working_dir=tmp_path, **settings)
    kinds = {row.opt_id: row.kind for row in load(tmp_path).result.optimizers}
    seen = set()
    for row in rows(tmp_path):
        early, late, *others = row.extras
        assert early + late == pytest.approx(row.value)
        seen.add((kinds[row.opt], len(others)))
    assert ("RandomSampling", 0) in seen
    assert ("LeastSquares", 1) in seen
    assert ("RandomSampling", 1) not in seen


def test_residuals_are_recorded_with_every_evaluation_when_asked_for(tmp_path):
    fit = Calibration(decay, parameters(), data(), record_residuals=True)
    glompo.minimize(fit, optimizers=RandomSampling, max_evaluations=5, max_jobs=1, rng=1, working_dir=tmp_path)
    for row in rows(tmp_path):
        assert row.extras[-1] @ row.extras[-1] == pytest.approx(row.value)


@pytest.mark.parametrize(("loss", "value"), [("sse", 20.0), ("sae", 6.0), ("rmse", math.sqrt(10.0))])
def test_a_loss_is_one_number_of_the_residuals(loss, value):
    line = Data([Entry("y", 2.0, 0.5, 1.0), Entry("y", 4.0, 0.5, 2.0)])
    fit = Calibration(lambda p, w: {"y": p["a"] * w["y"]}, Parameters([Parameter("a", 1.0, 0.0, 5.0)]), line, loss=loss)
    assert fit([1.0]) == pytest.approx(value)
    assert fit.detailed_call([1.0])[0] == fit([1.0])


def test_where_least_squares_may_use_a_loss_it_is_the_sum_of_the_squares():
    for loss in ("sse", "huber"):
        fit = Calibration(decay, parameters(), data(), loss=loss)
        assert declares_residuals(fit)
        for x in ([1.0, 1.0], [5.0, 0.1], [2.9, 0.7]):
            assert fit.residuals(x) @ fit.residuals(x) == pytest.approx(fit(x), rel=1e-9)


@pytest.mark.parametrize("loss", ["sae", "rmse"])
def test_least_squares_refuses_other_losses_by_name_and_the_default_goes_without(loss, tmp_path):
    fit = Calibration(decay, parameters(), data(), loss=loss)
    assert not declares_residuals(fit)
    with pytest.raises(SettingError, match=f"the loss '{loss}' is no sum of squares; use loss='sse'"):
        glompo.minimize(fit, optimizers=LeastSquares, max_evaluations=5, working_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert math.isfinite(glompo.minimize(fit, max_evaluations=20, max_jobs=1, rng=1, working_dir=tmp_path / "run").fx)


def test_a_prior_is_one_more_residual_in_a_group_of_its_own():
    rows = [Parameter("a", 1.0, 0.0, 10.0, prior=Prior("normal", 2.0, 0.5)), Parameter("k", 1.0, 0.01, 5.0)]
    fit, without = (
        Calibration(decay, Parameters(one), data()) for one in (rows, [Parameter("a", 1.0, 0.0, 10.0), rows[1]])
    )
    assert fit([1.0, 1.0]) == pytest.approx(without([1.0, 1.0]) + 4.0)
    assert fit.residuals([1.0, 1.0])[-1] == -2.0
    assert fit.headers().keys() == {"sum:early", "sum:late", "sum:prior"}
    assert fit.detailed_call([1.0, 1.0])[3] == pytest.approx(4.0)


def test_validation_rows_are_asked_of_the_model_only_for_validation():
    asked = []

    def spy(values, wanted):
        asked.append(wanted["y"].tolist())
        return decay(values, wanted)

    fit = Calibration(spy, parameters(), data())
    fit(fit.x0)
    fit.validation_loss(fit.x0)
    assert asked == [DAYS.tolist(), (DAYS[:-1] + 0.2).tolist()]
    assert math.isnan(Calibration(decay, parameters(), data().of("training")).validation_loss(fit.x0))


def in_threads(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_that_call_one_after_the_other_share_an_instance():
    Meeting.made.clear()
    fit = Calibration(functools.partial(Meeting, factor=1.0), parameters(), data())
    for _ in range(3):
        in_threads(lambda: fit(fit.x0), 1)
    assert len(Meeting.made) == 1
    assert pickle.loads(pickle.dumps(fit))(fit.x0) == fit(fit.x0)


def test_as_many_instances_are_made_as_are_called_at_once():
    Meeting.made.clear()
    fit = Calibration(Meeting, parameters(), data())
    Meeting.together = threading.Barrier(3)
    try:
        for _ in range(2):
            in_threads(lambda: fit(fit.x0), 3)
    finally:
        Meeting.together = None
    assert len(Meeting.made) == 3


def test_a_fork_has_instances_of_its_own():
    Meeting.made.clear()
    fit = Calibration(Meeting, parameters(), data())
    pid = os.fork()
    if not pid:
        fit(fit.x0)
        os._exit(len(Meeting.made))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2


def test_what_a_model_does_not_know_is_refused_with_its_row():
    wrong = Data([Entry("yy", 1.0, where="data.csv:7")])
    with pytest.raises(SettingError, match=r"data.csv:7: the model knows no quantity 'yy'; did you mean 'y'"):
        Calibration(Meeting, parameters(), wrong)
    with pytest.raises(SettingError, match="the model knows no parameter 'b'"):
        Calibration(Meeting, parameters(derived={"b": "a"}), data())


@pytest.mark.parametrize("setting", [{"backend": "threads"}, {"backend": "processes"}, {"evaluator": "pool"}])
def test_a_quantity_that_the_first_answer_lacks_ends_the_run_there_with_its_row(setting, tmp_path):
    both = Data([*data(), Entry("yy", 1.0, where="data.csv:7")])
    with pytest.raises(TaskContractError, match=r"data.csv:7: the model gave no 'yy'; it gave 'y'") as raised:
        glompo.minimize(
            Calibration(only_y, parameters(), both), max_evaluations=99, max_jobs=1, working_dir=tmp_path, **setting
        )
    assert raised.value.result.nfev == 1


def test_a_quantity_that_a_later_answer_lacks_is_a_failure_at_that_point():
    def gives_up(values, wanted):
        return decay(values, wanted) if values["a"] < 5.0 else {}

    fit = Calibration(gives_up, parameters(), data())
    fit(fit.x0)
    with pytest.raises(ValueError, match="the model gave no 'y'; it gave nothing"):
        fit([6.0, 1.0])


def test_parameters_of_lmfit_are_taken_as_they_are():
    def shaped(value, low, high, vary):
        return SimpleNamespace(value=value, min=low, max=high, vary=vary, expr=None)

    given = {"a": shaped(1.0, 0.0, 10.0, True), "k": shaped(1.0, 0.01, 5.0, True), "c": shaped(2.0, -1.0, 3.0, False)}
    assert Calibration(decay, given, data())([3.0, 0.7]) == pytest.approx(0.0, abs=1e-20)
    with pytest.raises(SettingTypeError, match="parameters are a mapping; give"):
        Calibration(decay, {"a": 1.0}, data())


def test_a_calibration_needs_a_model_training_data_and_a_loss_that_exists():
    with pytest.raises(SettingTypeError, match="the model is 3, which cannot be called"):
        Calibration(3, parameters(), data())
    with pytest.raises(SettingError, match="none of the 9 rows of data is for training"):
        Calibration(decay, parameters(), data().of("validation"))
    with pytest.raises(SettingError, match="loss is 'mse'; use one of 'sse', 'sae', 'rmse', 'huber'"):
        Calibration(decay, parameters(), data(), loss="mse")


def test_another_start_is_the_same_task_and_other_data_are_not(tmp_path):
    fit = Calibration(decay, parameters(), data())
    settings = {"optimizers": RandomSampling, "max_jobs": 1, "rng": 1, "working_dir": tmp_path, "resume": "auto"}
    glompo.minimize(fit, max_evaluations=5, **settings)
    again = Calibration(decay, fit.parameters.at([2.0, 2.0]), data())
    assert glompo.minimize(again, max_evaluations=9, **settings).nfev == 9
    other = Calibration(decay, parameters(), data()[1:])
    with pytest.raises(glompo.UserError, match="data"):
        glompo.minimize(other, max_evaluations=12, **settings)


def test_extras_of_a_task_with_a_method_are_those_that_it_makes_of_residuals():
    said = details_of(Calibration(decay, parameters(), data()))
    assert said.method
    assert said.columns == ("sum:early", "sum:late", "residuals")
