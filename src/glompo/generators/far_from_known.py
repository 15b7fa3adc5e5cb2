"""Start far from where others have ended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glompo.core.views.manager_view import ManagerView
from glompo.errors import SettingTypeError
from glompo.generators.base import BaseGenerator, sobol
from glompo.validation import whole_number

MANY = 20
"""Parameters above which all distances are about the same, so that nothing is gained by comparing them."""


class FarFromKnown(BaseGenerator):
    """Every start is that of several points of a scrambled Sobol sequence which lies farthest from all known minima.

    Known are the best points of the optimizers that have ended. The optimizer that is started as number k + 1 chooses
    among the points ``candidates·k`` to ``candidates·(k + 1) - 1``; the distance is Euclidean, each parameter in units
    of its range. Before any has ended, and with more than 20 parameters that are not fixed, it gets the first of
    these points.

    Invariant under f → a·f + b with a > 0: only places are compared.

    Parameters
    ----------
    candidates : int
        Points to choose from, 1 or more.
    stream : str
        Name of the sequence: generators with different names use differently scrambled ones.
    """

    def __init__(self, candidates: int = 10, stream: str = "") -> None:
        self.candidates = whole_number(self, "candidates", candidates, 1)
        if not isinstance(stream, str):
            raise SettingTypeError(f"FarFromKnown: stream is {stream!r}; give a name, as a text")
        self.stream = stream

    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the point, shape (d,)."""
        points = self._points(manager)
        known = self._known(manager)
        if not len(known):
            return manager.box.natural(points[0])
        box = manager.box
        ends = box.unit(known)
        apart = np.linalg.norm(points[:, None, box.free] - ends[None, :, box.free], axis=2).min(axis=1)
        return box.natural(points[int(apart.argmax())])

    def explain(self, manager: ManagerView) -> str:
        """Say where the point comes from."""
        n = len(self._known(manager))
        if not n:
            return f"point {self.candidates * manager.o_counter} of a Sobol sequence"
        return f"of {self.candidates} points of a Sobol sequence the farthest from {n} known minima"

    def _points(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the candidates in the unit cube, shape (candidates, d)."""
        stream = f"generator:FarFromKnown:{self.stream}"
        return sobol(manager, stream, self.candidates * manager.o_counter, self.candidates)

    def _known(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return the minima to keep away from, shape (n, d)."""
        if manager.view.free_parameters > MANY:
            return np.empty((0, manager.n_parms))
        ends = [one.best_x for one in manager.view if one.how is not None and one.best_x is not None]
        return np.array(ends).reshape(len(ends), manager.n_parms)
