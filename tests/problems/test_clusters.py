"""Lennard-Jones clusters: energy, gradient and published minima."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

from glompo.problems import LennardJones
from glompo.problems.clusters import CLUSTER_MINIMA

NEAREST = 2.0 ** (1.0 / 6.0)


def scattered(n_atoms: int, seed: int) -> np.ndarray:
    """Atoms on a jittered grid: near enough to interact, none too close to another."""
    rng = np.random.default_rng(seed)
    grid = np.array(list(itertools.product(range(4), repeat=3)))[rng.permutation(64)[:n_atoms]]
    return (1.2 * grid + rng.uniform(-0.1, 0.1, (n_atoms, 3))).ravel()


def relaxed(shape: np.ndarray) -> float:
    """Energy of the minimum below a cluster, as fx."""
    problem = LennardJones(len(shape))
    result = minimize(problem, shape.ravel(), jac=problem.gradient, method="CG", options={"gtol": 1e-5})
    return result.fun


def fcc(n_atoms: int, centre: tuple[float, float, float]) -> np.ndarray:
    """The atoms of a face-centred cubic lattice that lie nearest to `centre` (in half cube edges)."""
    lattice = np.array([p for p in itertools.product(range(-5, 6), repeat=3) if sum(p) % 2 == 0])
    square = ((lattice - centre) ** 2).sum(axis=1)
    return (lattice[np.argsort(square, kind="stable")[:n_atoms]] - centre) * NEAREST / np.sqrt(2.0)


def icosahedron() -> np.ndarray:
    """The 12 corners of an icosahedron around its centre, at the distance of neighbours."""
    return LennardJones(13).min_x.reshape(13, 3)[1:]


def mackay_icosahedron() -> np.ndarray:
    """55 atoms: a centre, a shell of 12 and a shell of 12 corners and 30 edges."""
    corners = icosahedron()
    pairs = itertools.combinations(corners, 2)
    edges = np.array([a + b for a, b in pairs if np.linalg.norm(a - b) < 1.2 * NEAREST])
    return np.concatenate([np.zeros((1, 3)), corners, 2 * corners, edges])


def marks_decahedron() -> np.ndarray:
    """75 atoms in columns parallel to a fivefold axis, the shorter the farther out, less the five outermost corners."""
    atoms = []
    for i, j, k in itertools.product(range(3), range(3), range(5)):
        length = 5 - i - j
        if length < 2 or (i == 0 and (j > 0 or k > 0)):
            continue  # a column between two wedges belongs to the one with j = 0, the axis to the first
        angles = 2 * np.pi * np.array([k, k + 1]) / 5
        x, y = (np.sqrt(0.75) * (i * wave(angles[0]) + j * wave(angles[1])) for wave in (np.cos, np.sin))
        atoms += [(x, y, z - (length - 1) / 2) for z in range(length)]
    return NEAREST * np.array(atoms)


def bipyramid(n_ring: int) -> np.ndarray:
    """A ring of atoms with one above and one below."""
    angles = 2 * np.pi * np.arange(n_ring) / n_ring
    radius = NEAREST / (2 * np.sin(np.pi / n_ring))
    ring = np.stack([radius * np.cos(angles), radius * np.sin(angles), np.zeros(n_ring)], axis=1)
    return np.concatenate([ring, [[0, 0, 0.6], [0, 0, -0.6]]])


@pytest.mark.parametrize(
    ("distance", "energy"), [(1.0, 0.0), (NEAREST, -1.0), (2.0, 4 * (2**-12 - 2**-6)), (0.5, 4.0 * (4096 - 64))]
)
def test_the_energy_of_a_pair_is_the_textbook_one(distance: float, energy: float) -> None:
    assert LennardJones(2)([0, 0, 0, 0, 0, distance]) == pytest.approx(energy, rel=1e-12, abs=1e-12)


def test_the_energy_is_the_sum_over_pairs() -> None:
    x = scattered(9, 1)
    atoms = x.reshape(9, 3)
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(atoms, 2)]
    assert LennardJones(9)(x) == pytest.approx(sum(4 * (r**-12 - r**-6) for r in distances), rel=1e-12)


@pytest.mark.parametrize("n_atoms", [2, 5, 13, 38])
def test_the_gradient_agrees_with_central_differences(n_atoms: int) -> None:
    problem, x, step = LennardJones(n_atoms), scattered(n_atoms, 2), 1e-6
    steps = step * np.eye(problem.dims)
    expected = (problem.batch(x + steps) - problem.batch(x - steps)) / (2 * step)
    assert problem.gradient(x) == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.abs(expected).max())


def test_the_gradient_agrees_with_central_differences_inside_the_core() -> None:
    problem, step = LennardJones(2), 1e-6
    x = np.array([0.0, 0.0, 0.0, 0.03, 0.02, 0.05])  # 0.062 apart
    steps = step * np.eye(6)
    expected = (problem.batch(x + steps) - problem.batch(x - steps)) / (2 * step)
    assert problem.gradient(x) == pytest.approx(expected, rel=1e-6)


def test_the_energy_has_no_step_at_the_edge_of_the_core() -> None:
    problem = LennardJones(2)
    outside, inside = (problem([0, 0, 0, 0, 0, r]) for r in (0.1 + 1e-12, 0.1 - 1e-12))
    assert inside == pytest.approx(outside, rel=1e-9)
    assert problem([0, 0, 0, 0, 0, 0.1]) == pytest.approx(4 * (1e12 - 1e6), rel=1e-12)


@pytest.mark.parametrize("n_atoms", [2, 13])
def test_coinciding_atoms_have_a_large_finite_energy_and_no_force(n_atoms: int) -> None:
    problem = LennardJones(n_atoms)
    n_pairs = n_atoms * (n_atoms - 1) // 2
    assert problem(np.zeros(problem.dims)) == pytest.approx(2.8e13 * n_pairs, rel=1e-4)
    assert problem.gradient(np.zeros(problem.dims)).tolist() == [0.0] * problem.dims


def test_closer_atoms_never_cost_less() -> None:
    energies = LennardJones(2).batch([[0, 0, 0, 0, 0, r] for r in np.linspace(1.12, 0.0, 500)])
    assert (np.diff(energies) > 0).all()


def test_moving_turning_mirroring_and_renaming_atoms_changes_nothing() -> None:
    problem, atoms = LennardJones(7), scattered(7, 3).reshape(7, 3)
    rng = np.random.default_rng(4)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    copies = [atoms + rng.uniform(-3, 3, 3), atoms @ turn, -atoms, atoms[rng.permutation(7)]]
    expected = np.full(4, problem(atoms.ravel()))
    assert problem.batch([copy.ravel() for copy in copies]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(bipyramid(3), id="5 atoms: trigonal bipyramid"),
        pytest.param(bipyramid(5), id="7 atoms: pentagonal bipyramid"),
        pytest.param(np.concatenate([np.zeros((1, 3)), icosahedron()[:-1]]), id="12 atoms: icosahedron less one"),
        pytest.param(np.concatenate([np.zeros((1, 3)), icosahedron()]), id="13 atoms: icosahedron"),
        pytest.param(fcc(38, (1.0, 0.0, 0.0)), id="38 atoms: truncated octahedron"),
        pytest.param(mackay_icosahedron(), id="55 atoms: Mackay icosahedron"),
        pytest.param(marks_decahedron(), id="75 atoms: Marks decahedron"),
    ],
)
def test_a_known_structure_relaxes_to_the_published_energy(shape: np.ndarray) -> None:
    assert relaxed(shape) == pytest.approx(CLUSTER_MINIMA[len(shape)], rel=0, abs=6e-7)


@pytest.mark.parametrize("n_atoms", [2, 3, 4, 6, 13])
def test_the_known_place_feels_no_force(n_atoms: int) -> None:
    problem = LennardJones(n_atoms)
    assert problem.gradient(problem.min_x) == pytest.approx(np.zeros(problem.dims), abs=1e-11)


@pytest.mark.parametrize("shape", [fcc(38, (1.0, 0.0, 0.0)), mackay_icosahedron(), marks_decahedron()], ids=len)
def test_the_box_holds_the_best_cluster(shape: np.ndarray) -> None:
    assert np.linalg.norm(shape, axis=1).max() < LennardJones(len(shape)).bounds[0, 1]


def test_a_larger_cluster_is_lower_and_the_energies_pass_the_test_of_kiessling() -> None:
    """The lowest energy per pair cannot fall with the number of atoms (Kiessling, J. Chem. Phys. 159, 014301, 2023)."""
    per_pair = [energy / (n * (n - 1) / 2) for n, energy in CLUSTER_MINIMA.items()]
    assert (np.diff(list(CLUSTER_MINIMA.values())) < 0).all()
    assert (np.diff(per_pair) >= -1e-6).all()


def test_the_gradient_of_a_vector_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"LennardJones\(n_atoms=3\) takes a vector of shape \(9,\), not \(3, 3\)"):
        LennardJones(3).gradient(np.zeros((3, 3)))


def test_the_size_is_the_number_of_atoms() -> None:
    problem = LennardJones(5)
    assert (problem.n_atoms, problem.dims, problem.bounds.shape) == (5, 15, (15, 2))
