"""A slip in a setting of an optimizer is refused before anything is written, also for optimizers of users."""

from __future__ import annotations

import pytest

import glompo
from glompo import BaseOptimizer, MinimizeResult, UserError
from glompo.optimizers import RandomSampling, Scipy
from glompo.selectors import CycleSelector, RandomSelector


class Own(BaseOptimizer):
    """Names its settings and hands the rest to its base, as the documentation shows it."""

    def __init__(self, sigma0=0.2, **kwargs):
        super().__init__(**kwargs)
        self.sigma0 = sigma0

    def minimize(self, function, x0, bounds, tolerance=0.1):
        return MinimizeResult(True, x0, function(x0))

    def callstop(self, reason=""):
        pass


class Spelled(Own):
    """In the spelling of the seed."""

    def __init__(self, _opt_id=None, _signal_pipe=None, _results_queue=None, _pause_flag=None, _is_log_detailed=False,
                 _workers=1, _backend="threads", size=3, **kwargs):  # fmt: skip
        super().__init__(
            _opt_id=_opt_id, _signal_pipe=_signal_pipe, _results_queue=_results_queue, _pause_flag=_pause_flag,
            _is_log_detailed=_is_log_detailed, _workers=_workers, _backend=_backend, **kwargs,
        )  # fmt: skip


class Retention(Own):
    """Keeps what it does not name, as options for another library."""

    def __init__(self, sampler="full", **options):
        super().__init__(**{name: options.pop(name) for name in list(options) if name.startswith("_")})
        self.options = options


class Reading(Own):
    """Names none of its settings and reads them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.size = kwargs.get("size", 3)


class Plain(Own):
    """Has no constructor."""

    def __init__(self, needed):
        super().__init__()


def task(x):
    return float(x @ x)


def refused(optimizers, folder, **settings):
    with pytest.raises(UserError) as caught:
        glompo.minimize(
            task, [(-1, 1)], optimizers=optimizers, max_evaluations=5, working_dir=folder / "run", **settings
        )
    assert not (folder / "run").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((Own, {"sigma": 0.3}), "Own has no setting 'sigma'; did you mean 'sigma0'?"),
        (lambda: Own(nonsense=1), "Own has no setting 'nonsense'; it has sigma0, workers"),
        ([Own, (Own, {"worker": 2})], "Own has no setting 'worker'; did you mean 'workers'?"),
        ((Spelled, {"sise": 3}), "Spelled has no setting 'sise'; did you mean 'size'?"),
        (lambda: Spelled(sigma1=3), "Spelled has no setting 'sigma1'; did you mean 'sigma0'?"),
        ((Plain, {"needd": 1}), "Plain has no setting 'needd'; did you mean 'needed'?"),
        ((Plain, {}), "Plain lacks the setting 'needed', which has no default"),
        ((Own, {}, {"tolerence": 1}), "Own.minimize has no setting 'tolerence'; did you mean 'tolerance'?"),
        ((RandomSampling, {"itres": 3}), "RandomSampling has no setting 'itres'; did you mean 'iters'?"),
        ((Scipy, {"metod": "Powell"}), "Scipy has no setting 'metod'; did you mean 'method'?"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_with_the_nearest_one(given, message, tmp_path):
    assert message in refused(given() if callable(given) else given, tmp_path)


def test_also_in_the_options_of_a_selector(tmp_path):
    for selector in (CycleSelector, RandomSelector):
        with pytest.raises(UserError, match="Own has no setting 'sigma'"):
            glompo.GloMPOManager.new_manager(task, [(-1, 1)], selector((Own, {"sigma": 1})), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "given",
    [
        Own(sigma0=0.3),
        (Own, {"sigma0": 0.3, "workers": 2}, {"tolerance": 1}),
        (Own, {"sigma0": 0.3, "_workers": 2}),
        Spelled(size=4, sigma0=1),
        (Retention, {"popsize": 12}),
        Reading(size=4),
        (Reading, {"size": 4}),
    ],
)
def test_what_a_constructor_can_use_is_accepted(given, tmp_path):
    result = glompo.minimize(task, [(-1, 1)], optimizers=given, max_evaluations=2, max_jobs=2, working_dir=tmp_path)
    assert result.nfev == 2
