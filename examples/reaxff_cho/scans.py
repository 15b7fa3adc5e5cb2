"""The reference data as plain objects, and the extended-XYZ text they are kept in."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA_FILE = Path(__file__).resolve().parent / "data" / "scans.xyz"
KINDS = ("bond", "angle", "torsion")
EQUILIBRIUM = "equilibrium"
SPLITS = ("training", "validation")


@dataclass(frozen=True, slots=True)
class Geometry:
    """One geometry with its reference energy.

    Attributes
    ----------
    molecule
        Name of the molecule.
    split
        ``training`` or ``validation``.
    kind
        ``equilibrium``, ``bond``, ``angle`` or ``torsion``.
    scan
        Which coordinate was moved, for example ``C0-O1-H2``; ``-`` for an equilibrium geometry.
    displacement
        Distance from the relaxed value in Å (bond) or degrees.
    energy
        Reference energy in kcal/mol above the molecule's relaxed geometry.
    symbols
        Chemical symbols of the n atoms.
    positions
        n rows of x, y, z in Å.
    """

    molecule: str
    split: str
    kind: str
    scan: str
    displacement: float
    energy: float
    symbols: tuple[str, ...]
    positions: tuple[tuple[float, float, float], ...]

    def coordinates(self) -> NDArray[np.float64]:
        """Return the positions as an array of shape (n, 3) in Å."""
        return np.array(self.positions, dtype=np.float64)


def write(geometries: Iterable[Geometry], path: Path) -> None:
    """Write extended XYZ: five decimals for positions (Å), four for energies (kcal/mol)."""
    lines: list[str] = []
    for geometry in geometries:
        lines.append(str(len(geometry.symbols)))
        lines.append(
            f'Properties=species:S:1:pos:R:3 molecule="{geometry.molecule}" split={geometry.split} '
            f"kind={geometry.kind} scan={geometry.scan} displacement={geometry.displacement:g} "
            f"energy={geometry.energy:.4f}"
        )
        for symbol, (x, y, z) in zip(geometry.symbols, geometry.positions, strict=True):
            lines.append(f"{symbol:<2s}{x:11.5f}{y:11.5f}{z:11.5f}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def read(path: Path = DATA_FILE) -> tuple[Geometry, ...]:
    """Read the file that `write` produces.

    Raises
    ------
    ValueError
        If the text is not such a file; the message names the line.
    """
    return tuple(_frames(path.read_text(encoding="ascii").splitlines(), path))


def _frames(lines: list[str], path: Path) -> Iterator[Geometry]:
    start = 0
    while start < len(lines):
        try:
            count = int(lines[start])
            block = lines[start + 2 : start + 2 + count]
            if len(block) < count:
                raise ValueError(f"{count} atoms are announced but the file ends after {len(block)}")
            yield _frame(lines[start + 1], block)
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f"{path}: line {start + 1}: not a geometry: {error}") from error
        start += 2 + count


def _frame(comment: str, block: list[str]) -> Geometry:
    fields = dict(word.split("=", 1) for word in shlex.split(comment))
    atoms = [line.split() for line in block]
    return Geometry(
        molecule=fields["molecule"],
        split=fields["split"],
        kind=fields["kind"],
        scan=fields["scan"],
        displacement=float(fields["displacement"]),
        energy=float(fields["energy"]),
        symbols=tuple(atom[0] for atom in atoms),
        positions=tuple((float(atom[1]), float(atom[2]), float(atom[3])) for atom in atoms),
    )
