"""Each optimizer has a label: what its class calls itself, or what the user calls it."""

from __future__ import annotations

import csv
import pickle
from dataclasses import replace

import pytest

import glompo
from glompo import BaseOptimizer, MinimizeResult
from glompo.cli.config import arguments, read_config
from glompo.core.policies.ports import Option
from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, LeastSquares, Nlopt, RandomSampling, Scipy
from glompo.portfolio import Portfolio, Regime
from glompo.read import load, rows, to_csv
from glompo.read.summary import summarize
from glompo.selectors import BIPOPSelector, CycleSelector
from glompo.show import formatting
from glompo.testing.histories import history

BOX = [(-1.0, 2.0)] * 2


def bowl(x):
    return float(x @ x)


class Own(BaseOptimizer):
    """One of a user, whose class says how it is called."""

    def __init__(self, size=3, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    @classmethod
    def usual_label(cls, settings):
        return f"Own of {settings.get('size', 3)}"

    def minimize(self, function, x0, bounds):
        return MinimizeResult(True, x0, function(x0))

    def callstop(self, reason=""):
        pass


class Coloured(Own):
    """One of a user that has a setting called label of its own."""

    def __init__(self, label, **kwargs):
        super().__init__(**kwargs)
        self.colour = label


@pytest.mark.parametrize(
    ("option", "called"),
    [
        (CMAOptimizer, "CMAOptimizer"),
        (CMAOptimizer(popsize=8), "CMAOptimizer"),
        (Scipy, "Scipy(Nelder-Mead)"),
        (Scipy("powell"), "Scipy(Powell)"),
        ((Scipy, {"method": "DE"}), "Scipy(differential_evolution)"),
        (Nlopt(algorithm="ln_sbplx"), "Nlopt(LN_SBPLX)"),
        (LeastSquares, "LeastSquares"),
        (FunctionOptimizer(bowl), "FunctionOptimizer(bowl)"),
        ((FunctionOptimizer, {"minimiser": bowl}), "FunctionOptimizer(bowl)"),
        (Own, "Own of 3"),
        (Own(5), "Own of 5"),
        (Scipy(method="Powell", label="fine"), "fine"),
        ((Scipy, {"label": "fine"}), "fine"),
        (Own(label="mine"), "mine"),
        ((Own, {"label": "mine"}), "mine"),
        (Coloured("red"), "Own of 3"),
    ],
    ids=str,
)
def test_an_option_is_called_as_the_user_says_or_else_as_its_class_says(option, called):
    (only,) = CycleSelector(option).options
    assert only.name == called
    assert "label" not in only.kwargs or only.cls is Coloured
    assert str(CycleSelector(option)) == f"CycleSelector({called})"


@pytest.mark.parametrize("label", [3, None, ["a"]])
def test_a_label_is_a_text(label):
    with pytest.raises(SettingTypeError, match="label of Scipy is"):
        CycleSelector((Scipy, {"label": label}))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of two methods of one class, one of which has a label."""
    folder = tmp_path_factory.mktemp("run")
    optimizers = [Scipy, (Scipy, {"method": "Powell", "label": "lines"})]
    return glompo.minimize(
        bowl, BOX, optimizers=optimizers, max_evaluations=40, max_jobs=2, rng=1, deterministic=True, working_dir=folder
    )


LABELS = ["Scipy(Nelder-Mead)", "lines"]


def test_labels_stand_in_results_and_displays(run):
    assert [row.label for row in run.optimizers[:2]] == [row.name for row in run.optimizers[:2]] == LABELS
    assert all(label in str(run) for label in LABELS)
    loaded = load(run.run_dir)
    assert [one.label for one in loaded.view][:2] == LABELS
    assert formatting.best(summarize(loaded.view)).endswith(f"({run.optimizers[run.origin['opt_id'] - 1].label})")
    assert "lines" in formatting.end_of(run.optimizers[1])


def test_labels_stand_in_exports(run, tmp_path):
    found = {row.label for row in rows(run.run_dir)}
    assert set(LABELS) <= found
    with to_csv(run.run_dir, tmp_path / "run.csv").open(encoding="utf-8") as file:
        assert {line["label"] for line in csv.DictReader(file)} == found


def test_a_label_is_given_in_a_configuration_as_in_python(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(
        'task = "math:fsum"\nbounds = [[0, 1]]\n[[optimizers]]\ntype = "Scipy"\nlabel = "fine"\nmethod = "Powell"\n'
    )
    given = arguments(read_config(path), tmp_path)["optimizers"]
    assert [option.name for option in CycleSelector(*given).options] == ["fine"]


def test_a_label_stays_with_settings_that_a_selector_changes_and_with_a_regime(tmp_path):
    portfolio = Portfolio(Regime("wide", BIPOPSelector(CMAOptimizer(label="mine", cma_options={"tolx": 0.01})), 1.0))
    result = glompo.minimize(bowl, BOX, opt_selector=portfolio, max_evaluations=400, rng=1, working_dir=tmp_path)
    assert len(result.optimizers) > 1
    assert {(row.regime, row.label, row.name) for row in result.optimizers} == {("wide", "mine", "wide: mine")}


def test_a_label_is_no_setting_that_makes_another_optimizer(tmp_path):
    def search(label, calls, **more):
        return glompo.minimize(
            bowl,
            BOX,
            optimizers=(RandomSampling, {"iters": 50, "label": label}),
            max_evaluations=calls,
            rng=1,
            working_dir=tmp_path,
            **more,
        )

    search("first", 10)
    result = search("second", 30, resume="must")
    assert (result.nfev, result.optimizers[0].label) == (30, "first")


def test_an_optimizer_of_an_earlier_journal_is_called_by_its_class():
    run = history()
    run.start(kind="Scipy")
    view = RunView(run.state, run.now)
    assert [one.label for one in view] == ["Scipy"]
    assert replace(view[1]._state.request, label="fine").called == "fine"


def test_an_option_of_an_earlier_checkpoint_has_no_label_of_its_own():
    (new,) = CycleSelector(Scipy("powell", label="mine")).options
    assert pickle.loads(pickle.dumps(new)) == new
    earlier = object.__new__(Option)
    earlier.__setstate__([Scipy, (), {"method": "Powell"}, {}, 1, True, "local"])
    assert (earlier.regime, earlier.label, earlier.name) == ("local", "", "Scipy(Powell)")
