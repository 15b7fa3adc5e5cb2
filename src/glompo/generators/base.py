"""What every generator is built on."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from glompo.core.policies.ports import Written, answer_of
from glompo.core.views.manager_view import ManagerView
from glompo.loggers import PolicyLogger
from glompo.values import reals


class BaseGenerator(Written, ABC):
    """Where does the next optimizer start?

    A subclass defines :meth:`generate`. It sees the run read-only and must be a pure function of what it sees:
    the same question is asked again after a resume, and must have the same answer.
    """

    logger = PolicyLogger("glompo.generator")

    @abstractmethod
    def generate(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return a point of shape (d,) inside `manager.bounds`.

        Random draws come from ``self.rng(manager)``, so that a decision asked twice is the same.
        """

    def place(self, manager: ManagerView) -> NDArray[np.float64]:
        """Return what :meth:`generate` returns, as an array of its own.

        Raises
        ------
        PolicyError
            If it raises.
        """
        return answer_of(self, lambda: reals(self.generate(manager)))

    def rng(self, manager: ManagerView) -> np.random.Generator:
        """Return the random stream of the next start."""
        return manager.view.streams.generator(f"generator:{type(self).__name__}", manager.o_counter)

    def explain(self, manager: ManagerView) -> str:
        """Say in a few words where the point comes from."""
        return f"{self} placed it"


def sobol(manager: ManagerView, stream: str, start: int, n: int) -> NDArray[np.float64]:
    """Return points of a scrambled Sobol sequence in the unit cube, from number `start` on, shape (n, d).

    I. M. Sobol', USSR Comput. Math. Math. Phys. 7, 86 (1967); scrambling: J. Matoušek, J. Complexity 14, 527 (1998).
    """
    from scipy.stats import qmc

    sequence = qmc.Sobol(manager.n_parms, rng=manager.view.streams.generator(stream))
    if start:  # scipy cannot skip nothing
        sequence.fast_forward(start)
    return np.array([sequence.random(1)[0] for _ in range(n)])  # more at once wants a power of two


def uniform(rng: np.random.Generator, manager: ManagerView) -> NDArray[np.float64]:
    """Return a point of shape (d,) drawn uniformly from the bounds, each parameter on its scale."""
    return manager.box.natural(rng.random(manager.n_parms))
