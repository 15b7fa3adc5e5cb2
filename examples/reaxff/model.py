"""ReaxFF as a model: values of a force field go in, energies, forces and relaxed geometries come out.

What the quantities are called, each with the name of a geometry:

=========================  ==============================================================================
``energy:NAME``            energy of the geometry as it is read, kcal/mol
``relaxed_energy:NAME``    energy after it has been relaxed with this force field
``force:NAME``             a series over 3·(atom - 1) + axis: forces on the geometry as it is read, kcal/mol/Å
``distance:NAME:2-1``      distance of two atoms after relaxing, Å
``angle:NAME:2-1-3``       angle at the second atom after relaxing, degrees
``dihedral:NAME:1-2-3-4~R``  torsion after relaxing, degrees, of all turns the one within 180 of R
=========================  ==============================================================================
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError

from .engine import Engine, EngineError, Job
from .forcefield import Address, ForceField, ForceFieldError
from .geometries import Geometry, read_geometries

Vector = NDArray[np.float64]

PLAIN = ("energy", "relaxed_energy", "force")
MEASURED = {"distance": 2, "angle": 3, "dihedral": 4}


class ReaxFF:
    """A force field whose numbers may change, and the geometries that it is asked about.

    LAMMPS is loaded at the first call, in one instance for each list of atoms.

    Parameters
    ----------
    ffield : path
        The force field; numbers that are no parameters stay as they are in it.
    geo : path, several, or mapping of str to Geometry
        Files of geometries, or geometries by name.

    Raises
    ------
    SettingError
        Naming file and line.
    """

    def __init__(
        self,
        ffield: str | os.PathLike[str],
        geo: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Mapping[str, Geometry],
    ) -> None:
        self.force_field = ForceField.read(Path(ffield))
        self.geometries = dict(geo) if isinstance(geo, Mapping) else read_geometries(geo)
        self._engine = Engine(self.geometries)
        self._jobs: dict[tuple[str, ...], Job] = {}

    def quantities(self, name: str) -> bool:
        """Return whether a quantity is known; SettingError if the force field lacks an element of its geometry."""
        kind, geometry = name.partition(":")[0], geometry_of(name)
        if geometry not in self.geometries:
            return False
        symbols = self.geometries[geometry].symbols
        for symbol in symbols:
            if symbol not in self.force_field.elements:
                raise SettingError(
                    f"{geometry!r} has atoms of {symbol}, which the force field lacks; take the row out, or give "
                    f"a force field of {symbol}"
                )
        if kind not in MEASURED:
            return kind in PLAIN
        numbers, size = name.rpartition(":")[2].partition("~")[0].split("-"), len(symbols)
        return len(numbers) == MEASURED[kind] and all(one.isdecimal() and 1 <= int(one) <= size for one in numbers)

    def parameters(self, name: str) -> bool:
        """Return whether a number of the force field has this name."""
        try:
            self.force_field.value(Address.parse(name))
        except ForceFieldError:
            return False
        return True

    def __call__(self, values: Mapping[str, float], wanted: Mapping[str, Vector]) -> dict[str, Any]:
        """Return the quantities that are wanted; if a geometry fails, those of that geometry alone, as the error.

        Raises
        ------
        EngineError
            If LAMMPS refuses the force field. The next call works again.
        """
        text = self.force_field.rendered({Address.parse(name): value for name, value in values.items()})
        job = self._job(wanted)
        try:
            found = self._engine.computed(text, job)
        except EngineError as error:
            if not error.geometry:
                raise
            return {name: error for name in wanted if geometry_of(name) == error.geometry}
        answer: dict[str, Any] = {}
        for name, places in wanted.items():
            kind, _, rest = name.partition(":")
            if kind == "energy":
                answer[name] = found.energies[rest]
            elif kind == "relaxed_energy":
                answer[name] = found.relaxed_energies[rest]
            elif kind == "force":
                answer[name] = found.forces[rest][places.astype(int)]
            else:
                geometry, _, atoms = rest.rpartition(":")
                answer[name] = measured(found.relaxed[geometry], atoms)
        return answer

    def _job(self, wanted: Mapping[str, Any]) -> Job:
        key = tuple(wanted)
        if key not in self._jobs:
            named = [(kind, rest) for kind, _, rest in (name.partition(":") for name in key)]
            self._jobs[key] = Job(
                energies=frozenset(rest for kind, rest in named if kind == "energy"),
                forces=frozenset(rest for kind, rest in named if kind == "force"),
                relaxed=frozenset(
                    geometry_of(name) for name in key if name.partition(":")[0] not in ("energy", "force")
                ),
            )
        return self._jobs[key]


def geometry_of(quantity: str) -> str:
    """Return the name of the geometry that a quantity belongs to."""
    kind, _, rest = quantity.partition(":")
    return rest.rpartition(":")[0] if kind in MEASURED else rest


def measured(places: Vector, atoms: str) -> float:
    """Return a distance, an angle or a torsion of atoms with the numbers ``1-2``, ``1-2-3`` or ``1-2-3-4~near``."""
    numbers, _, near = atoms.partition("~")
    a, *others = (places[int(one) - 1] for one in numbers.split("-"))
    if len(others) == 1:
        return float(np.linalg.norm(a - others[0]))
    if len(others) == 2:
        u, v = a - others[0], others[1] - others[0]
        return math.degrees(math.atan2(float(np.linalg.norm(np.cross(u, v))), float(u @ v)))
    b, c, d = others
    axis = (c - b) / np.linalg.norm(c - b)
    first, second = np.cross(b - a, c - b), np.cross(c - b, d - c)
    angle = math.degrees(math.atan2(float(np.cross(first, second) @ axis), float(first @ second)))
    centre = float(near or 0.0)
    return centre + (angle - centre + 180.0) % 360.0 - 180.0
