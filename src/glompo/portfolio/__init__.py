"""Several ways of searching that share one budget by their success."""

from glompo.portfolio.default import default_portfolio
from glompo.portfolio.portfolio import Portfolio
from glompo.portfolio.regime import Regime

__all__ = ["Portfolio", "Regime", "default_portfolio"]
