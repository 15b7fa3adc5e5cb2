"""Geometries in files of blocks: ``BIOGRF``, ``DESCRP name``, ``RUTYPE ...``, ``HETATM`` lines, ``END``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError


@dataclass(frozen=True, slots=True)
class Geometry:
    """One molecule, not periodic.

    Attributes
    ----------
    name : str
        What the data call it.
    symbols : tuple of str
        Chemical symbols of the n atoms.
    positions : tuple of (x, y, z)
        Places of the n atoms in Å.
    relaxed : bool
        Whether the file wants it relaxed before its energy is taken, ``RUTYPE NORMAL RUN``; a reader of data decides.
    """

    name: str
    symbols: tuple[str, ...]
    positions: tuple[tuple[float, float, float], ...]
    relaxed: bool = False

    def coordinates(self) -> NDArray[np.float64]:
        """Return the places around their mean, shape (n, 3), in Å."""
        places = np.array(self.positions)
        return np.asarray(places - places.mean(axis=0))


def read_geometries(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> dict[str, Geometry]:
    """Return the geometries of one file, or of several, by name.

    Raises
    ------
    SettingError
        If a file cannot be read, or a name stands there twice; naming file and line.
    """
    found: dict[str, Geometry] = {}
    for path in [paths] if isinstance(paths, (str, os.PathLike)) else paths:
        for number, one in _blocks(Path(path)):
            if found.get(one.name, one) != one:
                raise SettingError(f"{path}:{number}: there is another geometry {one.name!r}; give each its own name")
            found[one.name] = one
    return found


def _blocks(path: Path) -> Iterable[tuple[int, Geometry]]:
    try:
        lines = path.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise SettingError(f"cannot read {path}: {error.strerror}; name a file of geometries") from error
    name, begin, relaxed = "", 0, False
    atoms: list[tuple[str, tuple[float, float, float]]] = []
    for number, line in enumerate(lines, 1):
        key, _, rest = line.partition(" ")
        if key in ("BIOGRF", "XTLGRF"):
            name, begin, relaxed, atoms = "", number, False, []
        elif key == "DESCRP":
            name = rest.strip()
        elif key == "RUTYPE":
            relaxed = rest.split()[:1] == ["NORMAL"]
        elif key == "CRYSTX":
            raise SettingError(f"{path}:{number}: {name!r} is periodic, which this reader does not know; take it out")
        elif key == "HETATM":
            atoms.append(_atom(line, f"{path}:{number}"))
        elif key == "END" and atoms:  # some files close a block twice
            if not name:
                raise SettingError(f"{path}:{begin}: the block has no name; add a line DESCRP")
            yield begin, Geometry(name, tuple(one for one, _ in atoms), tuple(place for _, place in atoms), relaxed)
            atoms = []
    if atoms:
        raise SettingError(f"{path}:{begin}: the block of {name!r} does not end; add a line END")


def _atom(line: str, where: str) -> tuple[str, tuple[float, float, float]]:
    """Return symbol and place: the columns are those of ``FORMAT ATOM``, so numbers may touch."""
    try:
        return line[13:18].split()[0], (float(line[30:40]), float(line[40:50]), float(line[50:60]))
    except (ValueError, IndexError):
        words = line.split()
        try:
            return words[2], (float(words[3]), float(words[4]), float(words[5]))
        except (ValueError, IndexError):
            raise SettingError(f"{where}: {line!r} is no atom; write symbol, x, y and z in the usual columns") from None
