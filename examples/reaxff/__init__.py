"""ReaxFF force fields as calibrations: the files of their authors, and energies, forces and geometries by LAMMPS."""

from .forcefield import ForceField, ForceFieldError
from .geometries import Geometry, read_geometries
from .model import ReaxFF
from .tables import params, trainset, write_ffield

__all__ = [
    "ForceField",
    "ForceFieldError",
    "Geometry",
    "ReaxFF",
    "params",
    "read_geometries",
    "trainset",
    "write_ffield",
]
