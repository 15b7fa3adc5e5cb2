"""Generators of the gest-api standard as optimizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingTypeError, WorkerError
from glompo.optimizers.capabilities import Capabilities
from glompo.optimizers.options import options_of
from glompo.optimizers.penalty import Penalty
from glompo.optimizers.stepper import Stepper, StepperOptimizer
from glompo.optional import library


class GestGenerator(StepperOptimizer):
    """Run a generator that follows the gest-api standard, as those of Xopt, optimas and libEnsemble do.

    The parameters are its variables x0, x1, …, the value is its objective f, to be minimised. The starting point is
    evaluated first and told to it.

    Needs gest-api: ``pip install 'glompo[gest]'``.

    Parameters
    ----------
    generator : callable
        The generator's class, called as ``generator(vocs, **options)``.
    options : mapping, optional
        Its keyword arguments. A generator with random numbers should be given a seed among them; seeded alike, all
        starts draw the same numbers.
    **kwargs
        See :class:`~glompo.optimizer.BaseOptimizer`. With ``workers=k``, k points are asked for and evaluated at a
        time; a generator that cannot suggest just as many is asked for as many as it likes.

    Notes
    -----
    The standard: https://github.com/campa-consortium/gest-api. It has no word for failures: a failed evaluation is told
    as worse than the worst valid one so far, see :class:`~glompo.optimizers.penalty.Penalty`. A point of another
    optimizer is told to the generator. At the end of the search it is finalised.
    """

    capabilities = Capabilities(batch=True, injection=True, stays_inside=False)
    chosen_by = "generator"

    def __init__(self, generator: Callable[..., Any], options: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        library(self, "gest_api", "gest")
        if not callable(generator):
            raise SettingTypeError(f"GestGenerator: generator is {generator!r}; give the class of a generator")
        self.generator = generator
        self.options = options_of(self, options)

    def stepper(self, x0: NDArray[np.float64], bounds: NDArray[np.float64]) -> Stepper:
        """Return the generator at its beginning."""
        vocs = library(self, "gest_api.vocs", "gest").VOCS(
            variables={f"x{i}": pair for i, pair in enumerate(bounds.tolist())}, objectives={"f": "MINIMIZE"}
        )
        return _Suggestions(self.generator(vocs, **self.options), x0)


class _Suggestions(Stepper):
    def __init__(self, generator: Any, x0: NDArray[np.float64]) -> None:
        self._generator = generator
        self._names = [f"x{i}" for i in range(len(x0))]
        self._penalty = Penalty()
        self._asked: list[dict[str, Any]] = []
        self._first: NDArray[np.float64] | None = x0

    def ask(self, n: int) -> NDArray[np.float64]:
        if self._first is not None:
            self._asked, self._first = [self._named(self._first)], None
        else:
            self._asked = self._suggested(n)
        try:
            return np.array([[point[name] for name in self._names] for point in self._asked], dtype=float)
        except KeyError as error:
            raise WorkerError(f"the generator suggested a point without the variable {error}") from error

    def tell(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        found = self._penalty.batch(values).tolist()
        self._generator.ingest([{**point, "f": value} for point, value in zip(self._asked, found, strict=True)])

    def inject(self, x: NDArray[np.float64], fx: float) -> None:
        self._generator.ingest([{**self._named(x), "f": fx}])

    def close(self) -> None:
        self._generator.finalize()

    def _suggested(self, n: int) -> list[dict[str, Any]]:
        try:
            suggested = list(self._generator.suggest(n))
        except ValueError:  # as the standard asks of one that cannot suggest just as many
            suggested = list(self._generator.suggest(None))
        if not suggested:
            raise WorkerError("the generator suggested no point; it must suggest one at least")
        return suggested

    def _named(self, x: NDArray[np.float64]) -> dict[str, Any]:
        return dict(zip(self._names, x.tolist(), strict=True))
