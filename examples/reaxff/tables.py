"""The files that authors of ReaxFF force fields use, as tables of a calibration."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from glompo.calibration import Data, Entry, Parameter, Parameters
from glompo.errors import SettingError

from .forcefield import Address, ForceField, ForceFieldError
from .geometries import Geometry, read_geometries

PathLike = str | os.PathLike[str]

SECTIONS = ("ENERGY", "FORCES", "GEOMETRY")
"""Sections of a training set that are read."""

COORDINATES = {2: "distance", 3: "angle", 4: "dihedral"}
"""What a row of GEOMETRY means, by its number of atoms; in Å and degrees."""


def params(ffield: PathLike, params: PathLike, *, inactive: bool = False) -> Parameters:
    """Return the parameters that a file ``params`` lists: section, entry, number, step, and the two ends of the range.

    Published files hold ranges with the larger end first; the ends are put in order. Values are those of the force
    field, and every number of it that is not listed stays as it is.

    Parameters
    ----------
    ffield, params : path
        The two files.
    inactive : bool
        Whether lines behind ``#`` are taken as well, as inactive parameters.

    Raises
    ------
    SettingError
        Naming file and line, if the two do not belong together.
    """
    field, rows = ForceField.read(Path(ffield)), []
    for number, line in enumerate(_lines(params), 1):
        text, active = line.strip(), not line.lstrip().startswith("#")
        words = text.lstrip("#").partition("!")[0].split()
        if not words or not (active or (inactive and len(words) == 6)):
            continue
        where = f"{params}:{number}"
        try:
            section, entry, place = (int(word) for word in words[:3])
            _, *ends = (float(word) for word in words[3:6])
            low, high = sorted(ends)
        except ValueError:
            raise SettingError(
                f"{where}: {text!r} is no parameter; write section, entry, number, step, and the ends of its range"
            ) from None
        try:
            address = field.at(section, entry, place)
            value = field.value(address)
        except ForceFieldError as error:
            raise SettingError(f"{where}: {ffield} does not go with this file: {error}; use those of one fit") from None
        group = f"{address.section} {'-'.join(address.atoms)}".strip()
        rows.append(Parameter(str(address), value, low, high, active=active, group=group, where=where))
    return Parameters(rows)


def write_ffield(parameters: Parameters, ffield: PathLike, path: PathLike) -> None:
    """Write a force field with the values of a table, such as ``fitted.csv`` of a report; nothing else changes.

    Parameters
    ----------
    parameters : Parameters
        Named by their addresses, as those of :func:`params` are.
    ffield, path : path
        The force field that is changed, and where it is written.

    Raises
    ------
    SettingError
        If the force field has no such number.
    """
    values = {Address.parse(row.name): row.value for row in parameters}
    ForceField.read(Path(ffield)).with_values(values).write(Path(path))


def trainset(
    trainset: PathLike,
    geo: PathLike,
    *,
    sections: tuple[str, ...] = ("ENERGY",),
    relaxed: bool = False,
    validation: PathLike | None = None,
    validation_geo: PathLike | None = None,
    without_shared: bool = False,
) -> Data:
    """Return the entries of a file ``trainset.in``, and of a second one for validation.

    Parameters
    ----------
    trainset, geo, validation, validation_geo : path
        The training set with its geometries, and those of the set for validation.
    sections : tuple of str
        Which of ENERGY, FORCES, GEOMETRY are taken; the group of an entry is its section.
    relaxed : bool
        Whether the energy of a geometry with ``RUTYPE NORMAL RUN`` is taken after it has been relaxed; otherwise all
        energies are those of the geometries as they are read. Entries of GEOMETRY are always relaxed.
    without_shared : bool
        Whether entries for validation that the training set has too are left out; otherwise they are refused.

    Raises
    ------
    SettingError
        Naming file and line.
    """
    unknown = [one for one in sections if one not in SECTIONS]
    if unknown:
        raise SettingError(f"sections name {unknown[0]!r}; this reader knows {', '.join(SECTIONS)}")
    entries = list(_entries(Path(trainset), read_geometries(geo), sections, relaxed, "training"))
    if validation is not None:
        if validation_geo is None:
            raise SettingError(f"{validation} needs geometries; give validation_geo")
        checked = _entries(Path(validation), read_geometries(validation_geo), sections, relaxed, "validation")
        fitted = {(entry.terms, entry.at) for entry in entries} if without_shared else set()
        entries += [entry for entry in checked if (entry.terms, entry.at) not in fitted]
    return Data(entries)


def _entries(
    path: Path, geometries: dict[str, Geometry], sections: tuple[str, ...], relaxed: bool, split: str
) -> Iterator[Entry]:
    section, seen = "", Counter[str]()
    for number, line in enumerate(_lines(path), 1):
        words, where = line.partition("#")[0].split(), f"{path}:{number}"
        if not words:
            continue
        if len(words) == 1 and words[0].isupper():
            section = "" if words[0].startswith("END") else words[0]
        elif section in sections:
            try:
                found = list(_READERS[section](words, geometries, relaxed))
            except SettingError as error:
                raise SettingError(f"{where}: {error}") from None
            except (ValueError, IndexError):
                raise SettingError(f"{where}: {line.strip()!r} is no entry of {section}; mend or remove it") from None
            for quantity, at, reference, sigma, unit in found:
                yield Entry(quantity, reference, sigma, at, section, split, unit, where)
                seen[section] += 1
    missing = [one for one in sections if not seen[one]]
    if missing and split == "training":
        raise SettingError(f"{path} has no section {missing[0]}; it has entries in {', '.join(seen) or 'none'}")


Found = Iterator[tuple[str, float | None, float, float, str]]


def _energy(words: list[str], geometries: dict[str, Geometry], relaxed: bool) -> Found:
    sigma, reference, terms = float(words[0]), float(words[-1]), []
    for sign, term in zip(words[1:-1:2], words[2:-1:2], strict=True):
        name, _, divisor = term.partition("/")
        if sign not in ("+", "-"):
            raise ValueError(sign)
        one = _known(geometries, name)
        quantity = f"{'relaxed_energy' if relaxed and one.relaxed else 'energy'}:{name}"
        factor = 1.0 / float(divisor or 1)
        terms.append((sign, quantity if factor == 1.0 else f"{factor!r}*{quantity}"))
    (sign, first), *others = terms
    text = first if sign == "+" else f"-1*{first}" if "*" not in first else f"-{first}"
    yield text + "".join(f" {sign} {term}" for sign, term in others), None, reference, sigma, "kcal/mol"


def _forces(words: list[str], geometries: dict[str, Geometry], _: bool) -> Found:
    name, sigma, atom = words[0], float(words[1]), int(words[2])
    one = _known(geometries, name)
    if not 1 <= atom <= len(one.symbols):
        raise SettingError(f"{name!r} has {len(one.symbols)} atoms, no {atom}; mend the number")
    for axis, value in enumerate(words[3:6]):
        yield f"force:{name}", float(3 * (atom - 1) + axis), float(value), sigma, "kcal/mol/Å"


def _geometry(words: list[str], geometries: dict[str, Geometry], _: bool) -> Found:
    name, sigma, *atoms, reference = words
    numbers = [int(atom) for atom in atoms]
    one = _known(geometries, name)
    kind = COORDINATES.get(len(numbers))
    if kind is None or not all(1 <= number <= len(one.symbols) for number in numbers):
        raise SettingError(f"the atoms of {name!r} are {', '.join(atoms)}; give 2 to 4 of its {len(one.symbols)}")
    unit = "Å" if kind == "distance" else "degrees"
    turn = f"~{reference}" if kind == "dihedral" else ""  # of all turns the one around the reference is meant
    yield f"{kind}:{name}:{'-'.join(atoms)}{turn}", None, float(reference), float(sigma), unit


_READERS = {"ENERGY": _energy, "FORCES": _forces, "GEOMETRY": _geometry}


def _known(geometries: dict[str, Geometry], name: str) -> Geometry:
    if name not in geometries:
        raise SettingError(f"there is no geometry {name!r} in geo; add it there, or take the entry out")
    return geometries[name]


def _lines(path: PathLike) -> list[str]:
    try:
        return Path(path).read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise SettingError(f"cannot read {path}: {error.strerror}; name a file") from error
