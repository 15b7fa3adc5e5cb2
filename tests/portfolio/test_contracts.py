"""A portfolio keeps the contracts of selectors and generators."""

from typing import Any

import pytest

from glompo.generators import BasinHoppingGenerator
from glompo.optimizers import RandomSampling, Scipy
from glompo.portfolio import Portfolio, Regime
from glompo.testing import GeneratorContract, SelectorContract


def small() -> Portfolio:
    return Portfolio(
        Regime("draws", RandomSampling(iters=30), 2.0),
        Regime("local", (Scipy, {"method": "Nelder-Mead"}), 1.0, BasinHoppingGenerator()),
    )


class TestSelector(SelectorContract):
    @pytest.fixture
    def selector(self) -> Any:
        return small()


class TestGenerator(GeneratorContract):
    @pytest.fixture
    def generator(self) -> Any:
        return small().generator
