"""Stop an optimizer that searches where another one does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from glompo.core.policies.defaults import measured_in
from glompo.core.views.optimizer_view import OptimizerView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingTypeError
from glompo.events.verdict import Verdict
from glompo.stoppers.base import BaseStopper
from glompo.validation import box, number, yes_or_no


class ParameterDistance(BaseStopper):
    """The latest point of the optimizer lies close to the latest point of another one.

    True when the Euclidean distance between the two points is less than a fraction of the diagonal of the box, both
    measured in natural units, or on the scales of the parameters if the run has any (`scaler`). The other one is the
    owner of the incumbent or, with `test_all`, also any other that lives.

    Invariant under f → a·f + b, since only points are compared.

    Parameters
    ----------
    bounds : sequence of (min, max), optional
        The box; the bounds of the run if None.
    relative_distance : float
        Fraction of the diagonal, above 0 and at most 1. It must be given.
    test_all : bool
        Whether all that live are compared with, not only the owner of the incumbent.
    """

    def __init__(
        self, bounds: ArrayLike | None = None, relative_distance: float | None = None, test_all: bool = False
    ) -> None:
        if relative_distance is None and isinstance(bounds, (int, float)):
            raise SettingTypeError(
                f"ParameterDistance: bounds is {bounds!r}; write ParameterDistance(relative_distance={bounds!r}) to "
                "use the bounds of the run"
            )
        self._bounds = None if bounds is None else box(self, "bounds", bounds)
        self.bounds = None if self._bounds is None else self._bounds.tolist()
        self.relative_distance = number(self, "relative_distance", relative_distance, 0, 1, above=True)
        self.test_all = yes_or_no(self, "test_all", test_all)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt`."""
        one = self.subject(view, opt)
        box = measured_in(self, self._bounds, view)
        limit = self.relative_distance * box.diagonal
        if not len(one):
            return self.verdict(False, "it has no point yet")
        here = box.coordinates(one.trajectory.last(1).X[0])
        nearest, distance = None, np.inf
        for other in self._others(view, one):
            apart = float(np.linalg.norm(box.coordinates(other.trajectory.last(1).X[0]) - here))
            if apart < distance:
                nearest, distance = other.opt, apart
        if nearest is None:
            return self.verdict(False, "there is no other point to compare with")
        return self.verdict(distance < limit, f"{distance:.6g} from optimizer {nearest}, limit {limit:.6g}")

    def _others(self, view: RunView, one: OptimizerView) -> Iterator[OptimizerView]:
        owner = view.best.opt if view.best else None
        if owner is not None and owner != one.opt:
            yield view[owner]
        if self.test_all:
            yield from (other for other in view.alive if other.opt not in (owner, one.opt) and len(other))
