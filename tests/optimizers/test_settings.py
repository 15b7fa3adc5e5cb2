"""Settings: what is refused, and how; what is left as the user gave it."""

import copy
import sys

import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.optimizers import (
    CMAES,
    AdaptiveRateMonteCarlo,
    Annealing,
    CMAOptimizer,
    FunctionOptimizer,
    GestGenerator,
    GridSampling,
    LeastSquares,
    Nevergrad,
    Nlopt,
    OptunaSampler,
    Pygmo,
    RandomSampling,
    Scipy,
)
from glompo.optimizers.scipy import GLOBAL, LOCAL
from glompo.problems import Rosenbrock

from .cases import ALL, case_of, run

PROBLEM = Rosenbrock(2)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_setting_that_does_not_exist_is_refused_by_name(case):
    with pytest.raises(SettingTypeError, match=rf"^{case.cls.__name__} has no setting 'temprature'; (did|it)") as told:
        case(temprature=5)
    assert "of the run" not in str(told.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: AdaptiveRateMonteCarlo(target=1.0),
            r"AdaptiveRateMonteCarlo: target is 1.0; .*greater than 0 and less than 1",
        ),
        (lambda: AdaptiveRateMonteCarlo(gamma=1), "gamma is 1; give a finite number greater than 1"),
        (lambda: AdaptiveRateMonteCarlo(temperature=float("nan")), "temperature is nan"),
        (lambda: AdaptiveRateMonteCarlo(block=0), "block is 0; give a whole number, 1 or more"),
        (lambda: Annealing(qa=-4.0), "qa is -4.0; give a finite number greater than -10000 and at most -5"),
        (lambda: Annealing(qv=3.1), "qv is 3.1; give a finite number greater than 1 and at most 3"),
        (lambda: Annealing(iters=True), "iters is True; give a whole number, 1 or more"),
        (lambda: CMAOptimizer(sigma0=0), "sigma0 is 0; give a finite number greater than 0"),
        (lambda: CMAOptimizer(sampler="fulll"), "sampler is 'fulll'; did you mean 'full'"),
        (lambda: CMAOptimizer(cma_options={"tolfunn": 1}), "cma_options has no 'tolfunn'; did you mean 'tolfun'"),
        (lambda: CMAOptimizer(cma_options={"seed": 1}), "cma_options has no 'seed'"),
        (lambda: CMAOptimizer(cma_options=[1]), r"cma_options is \[1\]; give a mapping"),
        (lambda: FunctionOptimizer("f"), "minimiser is 'f'; give a callable"),
        (lambda: GridSampling(0), "n is 0; give a whole number, 1 or more"),
        (lambda: LeastSquares("lm"), "method is 'lm'; use one of dogbox, trf"),
        (lambda: LeastSquares(columns=[-1]), r"columns is \[-1\]; give names in headers"),
        (lambda: LeastSquares(options={"jac": None}), "options has no 'jac'"),
        (lambda: RandomSampling(iters=1.5), "iters is 1.5"),
        (lambda: Scipy("neldermead"), "method is 'neldermead'; did you mean 'Nelder-Mead'"),
        (lambda: Scipy(3), "Scipy: method is 3; use one of"),
        (lambda: Scipy("powell", {"xatol": 1}), r"Scipy\('Powell'\): options has no 'xatol'; did you mean 'xtol'"),
        (lambda: Scipy("DE", {"workers": 2}), "options has no 'workers'"),
        (lambda: Scipy("direct", {"bounds": 2}), "options has no 'bounds'"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_to_give_instead(make, message):
    with pytest.raises((SettingError, SettingTypeError), match=message):
        make()


@pytest.mark.parametrize(
    ("library", "make", "message"),
    [
        ("nevergrad", lambda: Nevergrad("TwoPointDE"), "optimizer is 'TwoPointDE'; did you mean 'TwoPointsDE'"),
        ("nevergrad", lambda: Nevergrad(budget=0), "budget is 0"),
        ("cmaes", lambda: CMAES(variant="sep"), "variant is 'sep'; use one of adaptive, full, separable"),
        ("optuna", lambda: OptunaSampler("TPE"), "sampler is 'TPE'"),
        ("optuna", lambda: OptunaSampler(options={"seed": 1}), "options has no 'seed'"),
        ("nlopt", lambda: Nlopt("LN_BOBQA"), "algorithm is 'LN_BOBQA'; did you mean 'LN_BOBYQA'"),
        ("nlopt", lambda: Nlopt(options={"maxevals": 5}), "options has no 'maxevals'; did you mean 'maxeval'"),
        ("nlopt", lambda: Nlopt(options={"maxeval": "5"}), "maxeval.* is '5'; give a finite number"),
        ("nlopt", lambda: Nlopt(local="LN_COBYLA"), "LN_BOBYQA runs no algorithm inside; leave local='LN_COBYLA' out"),
        ("pygmo", lambda: Pygmo("sadee"), "algorithm is 'sadee'; did you mean 'sade'"),
        ("pygmo", lambda: Pygmo(options={"gen": 5}), "options has no 'gen'"),
        ("gest_api", lambda: GestGenerator("Xopt"), "generator is 'Xopt'; give the class of a generator"),
    ],
)
def test_borrowed_optimizers_check_their_settings_too(library, make, message):
    pytest.importorskip(library, reason=f"needs {library}")
    with pytest.raises((SettingError, SettingTypeError), match=message):
        make()


@pytest.mark.parametrize(
    ("module", "extra", "make"),
    [
        ("nevergrad", "nevergrad", Nevergrad),
        ("cmaes", "cmaes", CMAES),
        ("optuna", "optuna", OptunaSampler),
        ("nlopt", "nlopt", Nlopt),
        ("pygmo", "pygmo", Pygmo),
        ("gest_api", "gest", lambda: GestGenerator(list)),
    ],
)
def test_a_missing_library_is_named_with_the_extra_that_installs_it(module, extra, make, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SettingError, match=rf"needs {module}, .* pip install 'glompo\[{extra}\]'"):
        make()


@pytest.mark.parametrize("method", [*LOCAL, *GLOBAL])
def test_every_method_of_scipy_has_options_that_can_be_set(method):
    name = {"shgo": "iters", "basinhopping": "niter", "TNC": "maxfun"}.get(method, "maxiter")
    assert run(Scipy(method, {name: 2}), PROBLEM, 700, bounds=PROBLEM.bounds, rng=1).view[1].calls < 700


def test_names_are_taken_in_any_case_and_de_is_short():
    assert Scipy("l-bfgs-b").method == "L-BFGS-B"
    assert Scipy("DE").method == "differential_evolution"


@pytest.mark.parametrize(
    ("cls", "args", "name", "options"),
    [
        (Scipy, ("Nelder-Mead",), "options", {"maxiter": 20}),
        (Scipy, ("basinhopping",), "options", {"niter": 1, "minimizer_kwargs": {"method": "Powell"}}),
        (CMAOptimizer, (), "cma_options", {"maxiter": 2}),
        (FunctionOptimizer, (lambda f, x0, bounds, times: [f(x0) for _ in range(times)],), "options", {"times": 3}),
    ],
)
def test_options_stay_as_the_user_gave_them(cls, args, name, options):
    given = copy.deepcopy(options)
    optimizer = cls(*args, **{name: given})
    run(optimizer, PROBLEM, 60, bounds=PROBLEM.bounds, rng=1)
    assert given == options
    given["maxiter"] = 99
    assert optimizer.template()[1][name] is given  # a template passes on what it was given, an instance has its copy
    assert getattr(optimizer, name) == options


def test_options_of_a_borrowed_library_stay_as_the_user_gave_them():
    for name, options in (("Nlopt-LN_BOBYQA", {"maxeval": 9}), ("Pygmo", {"variant": 3})):
        case, given = case_of(name), dict(options)
        run(case(options=given), PROBLEM, 30, bounds=PROBLEM.bounds, rng=1)
        assert given == options
