"""Atomic clusters: how many atoms pack best, a real problem with exponentially many minima."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from glompo.problems.base import Array, Problem

CLUSTER_MINIMA: Mapping[int, float] = MappingProxyType(
    {
        2: -1.0,
        3: -3.0,
        4: -6.0,
        5: -9.103852,
        6: -12.712062,
        7: -16.505384,
        8: -19.821489,
        9: -24.113360,
        10: -28.422532,
        11: -32.765970,
        12: -37.967600,
        13: -44.326801,  # icosahedron
        14: -47.845157,
        15: -52.322627,
        16: -56.815742,
        17: -61.317995,
        18: -66.530949,
        19: -72.659782,
        20: -77.177043,
        21: -81.684571,
        22: -86.809782,
        23: -92.844472,
        24: -97.348815,
        25: -102.372663,
        26: -108.315616,
        30: -128.286571,
        38: -173.928427,  # face-centred cubic truncated octahedron; the icosahedral funnel is wider
        55: -279.248470,  # Mackay icosahedron
        75: -397.492331,  # Marks decahedron
        98: -543.665361,  # Leary tetrahedron
    }
)
"""Published lowest energies by number of atoms, in units of the pair's well depth.

Six decimals, so that a computed minimum may lie up to 5·10⁻⁷ higher or lower: a target needs that much room. They are
the lowest that have been found; beyond a few atoms none is proven. From the table "Lennard-Jones clusters" of the
Cambridge Cluster Database.
"""

# Below this squared distance the pair energy goes on as a straight line in r², with the value (4·10¹²) and the slope it
# has there: finite for coinciding atoms, where r⁻¹² is not. Nothing that matters lies so close (the best is r = 1.12).
_CORE = 0.01
_CORE_SLOPE = 4.0 * (3.0 * _CORE**-4 - 6.0 * _CORE**-7)


class LennardJones(Problem):
    r"""Energy of a cluster of atoms that attract and repel each other in pairs.

    .. math:: E(x) = 4 \sum_{i<j} \left(r_{ij}^{-12} - r_{ij}^{-6}\right)

    in reduced units: energies in units of the pair's well depth ε, distances in units of σ, where the pair energy
    crosses zero. The parameters are the coordinates (x, y, z of the first atom, then of the second, …), d = 3·n_atoms.
    Moving, turning and mirroring the cluster and exchanging atoms changes nothing: every minimum has countless copies.

    The bounds are a cube around the origin with half the edge
    :math:`2^{1/6}\,[\frac12 + (3 n / 4\pi\sqrt2)^{1/3}]`, the container radius of Wales and Doye: a little more
    than a compact cluster needs.

    The energy is finite at finite coordinates. Where two atoms are closer than 0.1 σ their energy (4·10¹² at that
    distance) goes on as a straight line in r², up to about 2.8·10¹³ for coinciding atoms, and the gradient with it.

    Parameters
    ----------
    n_atoms : int
        Number of atoms, at least 2.
    delay, shift
        See :class:`~glompo.problems.base.Problem`. The bounds move with the shift.

    Attributes
    ----------
    n_atoms : int
        Number of atoms.

    Notes
    -----
    `min_fx` is the published lowest energy (six decimals) for 2 to 26, 30,
    38, 55, 75 and 98 atoms, else None. `min_x` is known in closed form for 2, 3, 4, 6 and 13 atoms.

    Sources: Wales and Doye, J. Phys. Chem. A 101, 5111 (1997); Cambridge Cluster Database.
    """

    box_moves = True
    least_dims = 6

    def __init__(self, n_atoms: int = 13, *, delay: float = 0.0, shift: ArrayLike | np.random.Generator | None = None):
        self._n_atoms = operator.index(n_atoms)
        if self._n_atoms < 2:
            raise ValueError(f"a cluster has at least 2 atoms, not {n_atoms!r}")
        pairs = np.stack(np.triu_indices(self._n_atoms, 1))
        coordinates = 3 * pairs[:, np.newaxis] + np.arange(3)[:, np.newaxis]
        self._first, self._second = coordinates  # each (3, n_pairs): where x, y and z of that atom stand in the vector
        super().__init__(3 * self._n_atoms, delay=delay, shift=shift)

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self._n_atoms

    @property
    def min_fx(self) -> float | None:
        """Published lowest energy; None for sizes that the table leaves out."""
        return CLUSTER_MINIMA.get(self._n_atoms)

    def gradient(self, x: ArrayLike) -> Array:
        """Return the derivative of the energy, without the delay.

        Parameters
        ----------
        x : array_like, shape (d,)
            Coordinates.

        Returns
        -------
        ndarray of float64, shape (d,)
            Energy per distance, in ε/σ; minus the forces.

        Raises
        ------
        ValueError
            `x` does not have the shape (d,).
        """
        atoms = self._unshifted(x).reshape(-1, 3)
        apart = atoms[:, np.newaxis] - atoms
        square = np.einsum("ijk,ijk->ij", apart, apart)
        inverse = 1.0 / np.maximum(square, _CORE)
        attraction = inverse * inverse * inverse
        # dE/dr² of a pair is 4(3 r⁻⁸ − 6 r⁻¹⁴), and r² changes by 2 per unit of the difference. An atom's distance to
        # itself is 0, so that its (finite) slope adds nothing.
        slope = 24.0 * inverse * (attraction - 2.0 * attraction * attraction)
        return np.asarray(np.einsum("ij,ijk->ik", slope, apart).ravel())

    def __repr__(self) -> str:
        return f"LennardJones(n_atoms={self._n_atoms})"

    def _box(self) -> Array:
        half = 2.0 ** (1.0 / 6.0) * (0.5 + (3.0 * self._n_atoms / (4.0 * np.pi * np.sqrt(2.0))) ** (1.0 / 3.0))
        return self._cube(-half, half)

    def _values(self, Z: Array) -> Array:
        apart = Z.take(self._first, axis=1)
        apart -= Z.take(self._second, axis=1)
        apart *= apart
        square = apart[:, 0] + apart[:, 1] + apart[:, 2]
        reached = np.maximum(square, _CORE)
        attraction = 1.0 / reached
        attraction = attraction * attraction * attraction
        energy = 4.0 * (np.einsum("np,np->n", attraction, attraction) - attraction.sum(axis=1))
        return np.asarray(energy + _CORE_SLOPE * (square - reached).sum(axis=1))

    def _place(self) -> Array | None:
        """Return a highly symmetric cluster of the best size.

        In these shapes every atom pushes straight outwards, so that only the size is free. With the sums A of 4r⁻¹²
        and B of 4r⁻⁶ the energy of the shape s times as large is A s⁻¹² − B s⁻⁶, lowest where s⁶ = 2A/B.
        """
        shape = _symmetric_shape(self._n_atoms)
        if shape is None:
            return None
        first, second = np.triu_indices(self._n_atoms, 1)
        square = ((shape[first] - shape[second]) ** 2).sum(axis=1)
        size = (2.0 * (square**-6).sum() / (square**-3).sum()) ** (1.0 / 6.0)
        return np.asarray((size * shape).ravel())


def _symmetric_shape(n_atoms: int) -> Array | None:
    """Return the atoms of the best shape, in any size, as (n_atoms, 3); None where it is not of this symmetric kind."""
    if n_atoms == 2:
        return np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    if n_atoms == 3:
        angles = 2.0 * np.pi * np.arange(3) / 3.0
        return np.stack([np.cos(angles), np.sin(angles), np.zeros(3)], axis=1)
    if n_atoms == 4:
        return np.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
    if n_atoms == 6:
        return np.concatenate([np.eye(3), -np.eye(3)])
    if n_atoms == 13:
        golden = (1.0 + np.sqrt(5.0)) / 2.0
        corner = [np.roll((0.0, a, b * golden), k) for a, b in itertools.product((1, -1), repeat=2) for k in range(3)]
        return np.concatenate([np.zeros((1, 3)), np.array(corner)])
    return None
