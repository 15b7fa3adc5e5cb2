"""Let each regime of a portfolio have its own starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.errors import PolicyError, SettingTypeError
from glompo.generators.base import BaseGenerator


class Regimes(Protocol):
    """Knows whose turn it is, as :class:`~glompo.selectors.RegimeSelector` does."""

    def due(self, manager: ManagerView) -> str | None:
        """Return the name of the regime that starts next; None if none does now."""


class RegimeGenerator(BaseGenerator):
    """The generator of the regime that starts next gives the start.

    Parameters
    ----------
    regimes : RegimeSelector
        The selector of the run: it is asked again whose turn it is, and has the same answer.
    generators : mapping of str to BaseGenerator
        Generators by the name of their regime.
    default : BaseGenerator
        The one for all others.
    """

    def __init__(self, regimes: Regimes, generators: Mapping[str, BaseGenerator], default: BaseGenerator) -> None:
        if not callable(getattr(regimes, "due", None)):
            raise SettingTypeError(f"RegimeGenerator: regimes is {regimes!r}; give the RegimeSelector of the run")
        self._regimes = regimes
        for generator in (*generators.values(), default):
            if not isinstance(generator, BaseGenerator):
                raise SettingTypeError(f"RegimeGenerator: {generator!r} is no generator; give an instance of one")
        self.generators = dict(generators)
        self.default = default

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        return self._due(manager).place(manager)

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        return self._due(manager).explain(manager)

    def _due(self, manager: ManagerView) -> BaseGenerator:
        regime = self._regimes.due(manager)
        if regime is None:
            raise PolicyError(f"{self} was asked for a start, but {self._regimes} starts nothing now; use it with that")
        return self.generators.get(regime, self.default)
