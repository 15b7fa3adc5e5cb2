"""The portfolio of a run whose user names no optimizers."""

from __future__ import annotations

from glompo.box import usual_population
from glompo.generators import IncumbentHops
from glompo.optimizers import Annealing, CMAOptimizer, LeastSquares, Scipy
from glompo.portfolio.portfolio import Portfolio
from glompo.portfolio.regime import Regime
from glompo.selectors import BIPOPSelector
from glompo.stoppers import CatchUp, Outdated

MOST_MODELLED = 20
"""Parameters up to which the base search has a surrogate; beyond, a fit takes long and needs many."""

FEW = 6
"""Parameters up to which a search with a surrogate has the usual population."""

WIDER = 1.5
"""Times the usual population of a search with a surrogate in more dimensions, where a small one misses basins."""

MOST_INTERPOLATED = 40
"""Parameters up to which local searches interpolate the task; beyond, a step takes tens of milliseconds."""

CLIMBS = 300
"""Gradients of one local search at most."""


def default_portfolio(dims: int, *, residuals: bool = False, gradient: bool = False, alone: bool = False) -> Portfolio:
    """Return the portfolio for a task with `dims` parameters that are not fixed.

    * base: BIPOP CMA-ES, in up to 20 dimensions with a quadratic surrogate; it has most of the evaluations as long as
      no other regime owns the incumbent;
    * local: quadratic interpolation (COBYQA) and L-BFGS-B with forward differences in turn, in many dimensions the
      latter only, each from a step away from the best point. If the task declares its gradient, L-BFGS-B with that
      and a quarter of the evaluations, each from a step away from a search that may have ended higher than the best;
    * annealing: jumps of one and of all parameters, which find what is separable;
    * fit: least squares, if the task declares residuals; it then has as much as the base search.

    Parameters
    ----------
    dims : int
        Parameters that are not fixed.
    residuals : bool
        Whether the task declares residuals.
    gradient : bool
        Whether the task declares its gradient.
    alone : bool
        Whether only what has most of the evaluations is wanted: for a run that ends with its first optimizer.
    """
    base = Regime("base", BIPOPSelector(_search(dims)), 0.88, stopper=CatchUp(), success=1.0)
    fit = Regime("fit", LeastSquares, 0.88, success=1.0)
    if alone:
        return Portfolio(fit if residuals else base)
    return Portfolio(
        *((fit,) if residuals else ()),
        base,
        _local(dims, gradient),
        Regime("annealing", Annealing, 0.03, later=0.06),
    )


def _search(dims: int) -> CMAOptimizer:
    modelled = 1 < dims <= MOST_MODELLED
    wide = modelled and dims > FEW
    return CMAOptimizer(surrogate=modelled, popsize=int(WIDER * usual_population(dims)) if wide else None)


def _local(dims: int, gradient: bool) -> Regime:
    slopes = Scipy("L-BFGS-B", {"maxfun": CLIMBS, "ftol": 1e-9, "gtol": 1e-12})
    if gradient:  # searches are so cheap that some may lead uphill, out of the funnel of the best point
        return Regime("local", slopes, 0.31, IncumbentHops(patience=300, uphill=0.5, steps=[0.07]), stopper=Outdated())
    model = Scipy("COBYQA", {"initial_tr_radius": 0.05, "final_tr_radius": 1e-6}, unit=True)
    # a model smooths, and often leads back to where it came from; slopes lead down into the next basin
    local = [model, slopes] if dims <= MOST_INTERPOLATED else slopes
    return Regime("local", local, 0.06, IncumbentHops(), stopper=Outdated(), later=0.23)
