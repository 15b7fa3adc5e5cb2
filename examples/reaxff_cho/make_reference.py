"""Make the reference data: GFN2-xTB energies of small CHO molecules along rigid scans.

    python make_reference.py            writes data/scans.xyz
    python make_reference.py --check    computes everything again and compares with data/scans.xyz

Only this script needs tblite (``pip install -r requirements-reference.txt``); the fit reads the file.

Method: each molecule of `molecules.py` is built from its Z-matrix and relaxed with GFN2-xTB
(Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652 (2019)). Then one coordinate at a time is
displaced; the rest of the molecule stays rigid. Positions are rounded to the five decimals of the file
before the energy is computed, so that file and energy belong together. Points above `HIGHEST` are left out.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scans
import scipy.optimize
from molecules import MOLECULES, Molecule, Scan
from numpy.typing import NDArray

Array = NDArray[np.float64]

BOHR = 0.529177210903  # Å, CODATA 2018
HARTREE = 627.5094740631  # kcal/mol, CODATA 2018
HIGHEST = 60.0  # kcal/mol above the minimum; a force field for bonded molecules need not describe more
ENERGY_TOLERANCE = 0.02  # kcal/mol, between two runs of this script
DISTANCE_TOLERANCE = 0.001  # Å, likewise, for every distance between two atoms
NUMBERS = {"H": 1, "C": 6, "O": 8}
RADII = {"H": 0.31, "C": 0.76, "O": 0.66}  # Å, covalent radii: Cordero et al., Dalton Trans. 2832 (2008)


def place(zmatrix: str) -> tuple[tuple[str, ...], Array]:
    """Turn a Z-matrix into symbols and positions (n, 3) in Å."""
    symbols: list[str] = []
    points: list[Array] = []
    for line in zmatrix.split("\n"):
        words = line.split()
        if words:
            symbols.append(words[0])
            points.append(_next_point(points, words[1:]))
    return tuple(symbols), np.array(points)


def _next_point(points: list[Array], words: list[str]) -> Array:
    if not words:
        return np.zeros(3)
    bonded, distance = points[int(words[0])], float(words[1])
    if len(words) == 2:
        return np.asarray(bonded + np.array([distance, 0.0, 0.0]))
    bent, angle = points[int(words[2])], math.radians(float(words[3]))
    axis = _unit(bent - bonded)
    turn = math.radians(float(words[5])) if len(words) == 6 else 0.0
    reference = points[int(words[4])] - bent if len(words) == 6 else np.array([0.0, 1.0, 0.0])
    sideways = _unit(reference - axis * (reference @ axis))
    direction = sideways * math.cos(turn) + np.cross(sideways, axis) * math.sin(turn)
    return np.asarray(bonded + distance * (axis * math.cos(angle) + direction * math.sin(angle)))


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


class Xtb:
    """GFN2-xTB for one molecule.

    Raises
    ------
    SystemExit
        If tblite is not installed.
    """

    def __init__(self, symbols: tuple[str, ...], positions: Array) -> None:
        try:
            interface = importlib.import_module("tblite.interface")
        except ImportError:
            raise SystemExit("tblite is not installed: pip install -r requirements-reference.txt") from None
        numbers = np.array([NUMBERS[symbol] for symbol in symbols])
        self._calculator = interface.Calculator("GFN2-xTB", numbers, positions / BOHR)
        self._calculator.set("verbosity", 0)
        self._calculator.set("accuracy", 0.001)  # thresholds of the self-consistent cycle, relative to the default 1

    def energy_and_gradient(self, positions: Array) -> tuple[float, Array]:
        """Return kcal/mol and kcal/mol/Å of shape (n, 3). Every call starts from the same guess."""
        self._calculator.update(positions / BOHR)
        result = self._calculator.singlepoint()
        gradient = np.asarray(result.get("gradient"), dtype=np.float64) * (HARTREE / BOHR)
        return float(result.get("energy")) * HARTREE, gradient

    def energy(self, positions: Array) -> float:
        """Return the energy in kcal/mol."""
        return self.energy_and_gradient(positions)[0]


def relax(xtb: Xtb, start: Array) -> Array:
    """Return the positions of the nearest minimum, with atom 0 at the origin, 1 on x, 2 in the xy plane."""

    def energy_and_slope(flat: Array) -> tuple[float, Array]:
        energy, gradient = xtb.energy_and_gradient(flat.reshape(-1, 3))
        return energy, gradient.ravel()

    result = scipy.optimize.minimize(
        energy_and_slope,
        start.ravel(),
        jac=True,
        method="BFGS",
        options={"gtol": 1e-3, "maxiter": 500, "hess_inv0": np.eye(start.size) / 1000.0},  # a bond: 1000 kcal/mol/Å²
    )
    steepest = float(np.abs(result.jac).max())
    if steepest > 0.02:
        raise RuntimeError(f"the relaxation ended with a slope of {steepest:.3g} kcal/mol/Å; 0.02 is allowed")
    return standard_frame(np.asarray(result.x).reshape(-1, 3))


def standard_frame(positions: Array) -> Array:
    """Turn and shift a molecule so that the same shape always has the same coordinates."""
    shifted = positions - positions[0]
    x_axis = _unit(shifted[1])
    z_axis = _unit(np.cross(x_axis, shifted[2]))
    return np.asarray(shifted @ np.array([x_axis, np.cross(z_axis, x_axis), z_axis]).T)


def fragment(symbols: tuple[str, ...], positions: Array, kept: int, moved: int) -> list[int]:
    """Return the atoms that are connected to `moved` without passing `kept`."""
    count = len(symbols)
    distances = np.linalg.norm(positions[:, None] - positions[None, :], axis=2)
    reach = np.array([RADII[symbol] for symbol in symbols])
    bonded = (distances < 1.25 * (reach[:, None] + reach[None, :])) & ~np.eye(count, dtype=bool)
    found, border = {moved}, [moved]
    while border:
        atom = border.pop()
        fresh = {int(other) for other in np.flatnonzero(bonded[atom])} - found - {kept}
        found |= fresh
        border.extend(fresh)
    return sorted(found)


def displace(symbols: tuple[str, ...], relaxed: Array, scan: Scan, amount: float) -> Array:
    """Return a copy of the molecule with one coordinate changed by `amount` (Å or degrees)."""
    atoms = scan.atoms
    moving = fragment(symbols, relaxed, atoms[-2], atoms[-1])
    positions = relaxed.copy()
    pivot = relaxed[atoms[-2]]
    if scan.kind == "bond":
        positions[moving] += amount * _unit(relaxed[atoms[1]] - pivot)
        return positions
    if scan.kind == "angle":
        axis = np.cross(relaxed[atoms[0]] - pivot, relaxed[atoms[2]] - pivot)
    else:
        pivot = relaxed[atoms[1]]
        moving = [atom for atom in fragment(symbols, relaxed, atoms[1], atoms[2]) if atom != atoms[2]]
        axis = relaxed[atoms[2]] - relaxed[atoms[1]]
    positions[moving] = pivot + _turned(relaxed[moving] - pivot, _unit(axis), math.radians(amount))
    return positions


def _turned(vectors: Array, axis: Array, angle: float) -> Array:
    """Rodrigues' rotation of the rows of `vectors`."""
    along = np.outer(vectors @ axis, axis)
    return np.asarray(along + (vectors - along) * math.cos(angle) + np.cross(axis, vectors) * math.sin(angle))


def reference(molecule: Molecule) -> Iterator[scans.Geometry]:
    """Yield the relaxed geometry (energy 0) and then every scan point up to `HIGHEST`."""
    symbols, start = place(molecule.zmatrix)
    xtb = Xtb(symbols, start)
    relaxed = np.round(relax(xtb, start), 5) + 0.0  # the sum turns -0.0 into 0.0
    lowest = xtb.energy(relaxed)
    base = scans.Geometry(molecule.name, molecule.split, scans.EQUILIBRIUM, "-", 0.0, 0.0, symbols, _rows(relaxed))
    yield base
    for scan in molecule.scans:
        label = "-".join(f"{symbols[atom]}{atom}" for atom in scan.atoms)
        for amount in scan.displacements:
            positions = np.round(displace(symbols, relaxed, scan, amount), 5) + 0.0
            energy = xtb.energy(positions) - lowest
            if energy > HIGHEST:
                print(f"left out: {molecule.name} {label} {amount:+g}: {energy:.1f} kcal/mol")
                continue
            yield replace(
                base,
                kind=scan.kind,
                scan=label,
                displacement=amount,
                energy=round(energy, 4) + 0.0,
                positions=_rows(positions),
            )


def _rows(positions: Array) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in positions)


def distances(geometry: scans.Geometry) -> Array:
    """Return all interatomic distances in Å: a description of the shape that no rotation changes."""
    positions = geometry.coordinates()
    return np.asarray(np.linalg.norm(positions[:, None] - positions[None, :], axis=2))


def compare(fresh: tuple[scans.Geometry, ...], kept: tuple[scans.Geometry, ...]) -> list[str]:
    """Return the differences between two sets that exceed the tolerances, in words."""
    if len(fresh) != len(kept):
        return [f"{len(fresh)} geometries were made, the file has {len(kept)}"]
    worst_energy = max(abs(one.energy - two.energy) for one, two in zip(fresh, kept, strict=True))
    worst_distance = max(
        float(np.abs(distances(one) - distances(two)).max()) for one, two in zip(fresh, kept, strict=True)
    )
    print(f"largest difference: {worst_energy:.2g} kcal/mol, {worst_distance:.2g} Å")
    complaints = []
    if worst_energy > ENERGY_TOLERANCE:
        complaints.append(f"energies differ by up to {worst_energy:.3g} kcal/mol; {ENERGY_TOLERANCE} is allowed")
    if worst_distance > DISTANCE_TOLERANCE:
        complaints.append(f"distances differ by up to {worst_distance:.3g} Å; {DISTANCE_TOLERANCE} is allowed")
    return complaints


def main(argv: list[str] | None = None) -> int:
    """Write the data, or check the data that are there. Returns the exit status."""
    parser = argparse.ArgumentParser(description="GFN2-xTB reference data for the ReaxFF example")
    parser.add_argument("--check", action="store_true", help="compare with the existing file instead of writing it")
    arguments = parser.parse_args(argv)
    made = tuple(geometry for molecule in MOLECULES for geometry in reference(molecule))
    if arguments.check:
        complaints = compare(made, scans.read())
        for complaint in complaints:
            print(complaint)
        return 1 if complaints else 0
    scans.write(made, scans.DATA_FILE)
    training = sum(geometry.split == "training" for geometry in made)
    print(f"{scans.DATA_FILE}: {training} training and {len(made) - training} validation geometries")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for such small molecules more threads only wait for each other
    sys.exit(main())
