from __future__ import annotations

import collections
import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scans
from make_reference import ENERGY_TOLERANCE, HIGHEST, compare, displace, place
from molecules import MOLECULES, Molecule, Scan

GEOMETRIES = scans.read()


def of(molecule: str) -> list[scans.Geometry]:
    return [geometry for geometry in GEOMETRIES if geometry.molecule == molecule]


def measured(positions: np.ndarray, atoms: tuple[int, ...]) -> float:
    """Distance in Å, angle or dihedral in degrees; written apart from the code that makes the geometries."""
    p = positions[list(atoms)]
    if len(atoms) == 2:
        return float(np.linalg.norm(p[1] - p[0]))
    if len(atoms) == 3:
        u, v = p[0] - p[1], p[2] - p[1]
        return float(np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))))
    b0, b1, b2 = p[1] - p[0], p[2] - p[1], p[3] - p[2]
    n0, n1 = np.cross(b0, b1), np.cross(b1, b2)
    return float(np.degrees(np.arctan2(np.linalg.norm(b1) * (b0 @ n1), n0 @ n1)))


def test_the_data_have_the_counts_that_the_readme_states() -> None:
    assert collections.Counter(geometry.split for geometry in GEOMETRIES) == {"training": 145, "validation": 43}
    kinds = collections.Counter(geometry.kind for geometry in GEOMETRIES if geometry.split == "training")
    assert kinds == {"equilibrium": 9, "bond": 65, "angle": 44, "torsion": 27}


def test_each_molecule_is_in_one_split_and_has_one_minimum() -> None:
    for molecule in MOLECULES:
        geometries = of(molecule.name)
        assert {geometry.split for geometry in geometries} == {molecule.split}
        assert [geometry.energy for geometry in geometries if geometry.kind == scans.EQUILIBRIUM] == [0.0]


def test_every_scan_has_its_minimum_at_zero_displacement_with_energy_zero() -> None:
    curves: dict[tuple[str, str], list[tuple[float, float]]] = collections.defaultdict(list)
    for geometry in GEOMETRIES:
        if geometry.kind != scans.EQUILIBRIUM:
            curves[geometry.molecule, geometry.scan].append((geometry.displacement, geometry.energy))
    assert len(curves) == sum(len(molecule.scans) for molecule in MOLECULES)
    for points in curves.values():
        assert all(displacement != 0.0 and 0.0 < energy <= HIGHEST for displacement, energy in points)


@pytest.mark.parametrize("molecule", MOLECULES, ids=lambda molecule: molecule.name)
def test_a_scan_moves_one_coordinate_by_what_the_file_says(molecule: Molecule) -> None:
    relaxed = of(molecule.name)[0].coordinates()
    planned = {(scan.kind, atoms_of(molecule, scan)): scan for scan in molecule.scans}
    for geometry in of(molecule.name)[1:]:
        scan = planned[geometry.kind, geometry.scan]
        change = measured(geometry.coordinates(), scan.atoms) - measured(relaxed, scan.atoms)
        if geometry.kind == "torsion":
            assert abs((change - geometry.displacement + 180.0) % 360.0 - 180.0) < 0.01
        else:
            assert change == pytest.approx(geometry.displacement, abs=0.01 if geometry.kind == "angle" else 1e-4)


def atoms_of(molecule: Molecule, scan: Scan) -> str:
    symbols = of(molecule.name)[0].symbols
    return "-".join(f"{symbols[atom]}{atom}" for atom in scan.atoms)


@pytest.mark.parametrize("molecule", MOLECULES, ids=lambda molecule: molecule.name)
def test_a_displacement_is_rigid_on_both_sides(molecule: Molecule) -> None:
    symbols, start = place(molecule.zmatrix)
    for scan in molecule.scans:
        moved = displace(symbols, start, scan, 7.0 if len(scan.atoms) > 2 else 0.1)
        still = np.isclose(moved, start, atol=1e-12).all(axis=1)
        for side in (still, ~still):
            before, after = start[side], moved[side]
            assert np.allclose(
                np.linalg.norm(before[:, None] - before[None], axis=2),
                np.linalg.norm(after[:, None] - after[None], axis=2),
                atol=1e-9,
            )
        assert still[scan.atoms[0]]
        assert not still[scan.atoms[-1]]


@pytest.mark.parametrize("molecule", MOLECULES, ids=lambda molecule: molecule.name)
def test_a_z_matrix_puts_the_atoms_where_it_says(molecule: Molecule) -> None:
    _, positions = place(molecule.zmatrix)
    for atom, line in enumerate(molecule.zmatrix.strip().splitlines()):
        words = line.split()[1:]
        partners = [int(word) for word in words[::2]]
        for number in range(1, len(partners) + 1):
            found = measured(positions, (atom, *partners[:number]))
            difference = found - float(words[2 * number - 1])
            assert abs((difference + 180.0) % 360.0 - 180.0) < 1e-6


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "copy.xyz"
    scans.write(GEOMETRIES, path)
    assert scans.read(path) == GEOMETRIES
    assert path.read_bytes() == scans.DATA_FILE.read_bytes()


def test_a_torn_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "torn.xyz"
    path.write_text("".join(scans.DATA_FILE.read_text().splitlines(keepends=True)[:8]))
    with pytest.raises(ValueError, match=r"line 6: not a geometry: 3 atoms are announced but the file ends after 1"):
        scans.read(path)


def test_a_changed_energy_is_noticed() -> None:
    changed = (
        *GEOMETRIES[:-1],
        dataclasses.replace(GEOMETRIES[-1], energy=GEOMETRIES[-1].energy + 2 * ENERGY_TOLERANCE),
    )
    assert compare(GEOMETRIES, GEOMETRIES) == []
    assert len(compare(changed, GEOMETRIES)) == 1


def test_the_script_makes_the_same_data_again() -> None:
    pytest.importorskip("tblite", reason="GFN2-xTB is needed to make the data: pip install tblite")
    command = [sys.executable, str(Path(scans.__file__).parent / "make_reference.py"), "--check"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "largest difference" in finished.stdout
