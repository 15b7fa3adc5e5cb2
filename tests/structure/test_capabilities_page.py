"""The tables of the reference that say what each optimizer can do are what the optimizers declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import glompo.optimizers
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
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.scipy import GLOBAL, LOCAL

for package in ("cmaes", "nevergrad", "nlopt", "optuna", "pygmo", "gest_api"):
    pytest.importorskip(package, reason="the tables hold for all optimizers: install the extra 'test'")

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "optimizers.md"

FORMS = {
    AdaptiveRateMonteCarlo: [AdaptiveRateMonteCarlo()],
    Annealing: [Annealing()],
    CMAES: [CMAES(), CMAES(variant="separable"), CMAES(variant="adaptive")],
    CMAOptimizer: [CMAOptimizer(), CMAOptimizer(sampler="vd"), CMAOptimizer(sampler="vkd")],
    FunctionOptimizer: [FunctionOptimizer(print)],
    GestGenerator: [GestGenerator(print)],
    GridSampling: [GridSampling(10)],
    LeastSquares: [LeastSquares()],
    Nevergrad: [Nevergrad("TwoPointsDE"), Nevergrad("CMA"), Nevergrad("NelderMead")],
    Nlopt: [Nlopt("LN_BOBYQA"), Nlopt("LD_LBFGS"), Nlopt("GN_CRS2_LM"), Nlopt("GN_MLSL")],
    OptunaSampler: [OptunaSampler()],
    Pygmo: [Pygmo("sade"), Pygmo("pso_gen")],
    RandomSampling: [RandomSampling()],
    Scipy: [Scipy(method) for method in (*LOCAL, *GLOBAL)],
}
"""Every optimizer in all forms that differ in what they can do."""

CLAIMS = ("batch", "injection", "noise", "stays_inside", "resumes")
"""Columns of the first table; all go on after failures, which the page says."""


def cell(answers: set[bool]) -> str:
    return "by setting" if len(answers) == 2 else "yes" if answers == {True} else "no"


def optimizers() -> Iterator[str]:
    """Yield the rows of the first table."""
    for cls, forms in FORMS.items():
        can = [form.capabilities for form in forms]
        cells = [cell({getattr(one, claim) for one in can}) for claim in CLAIMS]
        yield f"| [`{cls.__name__}`][glompo.optimizers.{cls.__name__}] | {' | '.join(cells)} |"


def methods() -> Iterator[str]:
    """Yield the rows of the table of SciPy's methods."""
    for method in (*LOCAL, *GLOBAL):
        can: Capabilities = Scipy(method).capabilities
        kind = "local" if method in LOCAL else "global"
        yield f"| `{method}` | {kind} | {cell({can.batch})} | {cell({can.noise})} |"


def test_every_optimizer_is_in_the_table():
    assert {cls.__name__ for cls in FORMS} == set(glompo.optimizers.__all__)


@pytest.mark.parametrize("rows", [optimizers, methods])
def test_the_table_says_what_they_declare(rows):
    expected = "\n".join(rows())
    assert expected in PAGE.read_text(encoding="utf-8"), f"the table should be\n{expected}"


def test_what_the_page_says_of_all_holds_for_all():
    every = [form.capabilities for forms in FORMS.values() for form in forms]
    assert all(one.nan for one in every)
    limited = {cls.__name__ for cls, forms in FORMS.items() for form in forms if form.capabilities.least_dims > 1}
    assert limited == {"CMAES", "CMAOptimizer"}
    assert [cls.__name__ for cls, forms in FORMS.items() if forms[0].capabilities.residuals] == ["LeastSquares"]
