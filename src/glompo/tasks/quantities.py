"""Many numbers that a program has left, by name: an object in JSON, or columns of a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError

Vector = NDArray[np.float64]
Wanted = Mapping[str, Vector]
"""Quantities with the places of their series in rising order; an empty array for a single number."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """Where the quantities of a model stand.

    Attributes
    ----------
    kind : {'json', 'columns'}
        What is in the file.
    file : str
        Its name in the scratch directory.
    at : str
        List or column with the places of the others; empty for none, or the first column.
    """

    kind: str
    file: str
    at: str = ""

    @property
    def told(self) -> str:
        """What it is in the record of a run."""
        return f"{self.kind} {self.file} {self.at}"

    @classmethod
    def of(cls, output: str, at: str | None) -> Quantities | None:
        """Return what is written ``json:FILE`` or ``columns:FILE``; None if it is something else.

        Raises
        ------
        SettingError
            If it names no file.
        """
        kind, colon, file = output.partition(":") if isinstance(output, str) else ("", "", "")
        if kind not in ("json", "columns") or not colon or (kind == "json" and ":" in file):
            return None
        if not file:
            raise SettingError(f"output is {output!r}; name the file, as in '{kind}:out.txt'")
        return cls(kind, file, at or "")

    def values(self, folder: Path, wanted: Wanted | None) -> dict[str, Any]:
        """Return the quantities, those that are wanted at the places that are wanted.

        One that cannot be used is the exception that says why, which matters only where it is wanted.

        Raises
        ------
        ValueError, OSError
            If the file cannot be read, or the places of its series are not there.
        """
        text = (folder / self.file).read_text(encoding="utf-8")
        found, places = _columns(text, self.at) if self.kind == "columns" else _object(text, self.at)
        if wanted is None:
            return found
        return {name: self._at(name, found[name], places, wanted[name]) for name in found if name in wanted}

    def _at(self, name: str, value: Any, places: Vector | None, wanted: Vector) -> Any:
        if places is None or isinstance(value, ValueError) or np.ndim(value) == 0:
            return value
        series = np.asarray(value, dtype=np.float64)
        if series.shape != places.shape:
            return ValueError(f"{self.file} has {series.size} values of {name!r} for {places.size} places")
        if not len(wanted):
            if series.size == 1:
                return float(series[0])
            return ValueError(f"{self.file} has a series for {name!r}, of which a single number is wanted")
        if wanted[0] < places[0] or wanted[-1] > places[-1]:
            return ValueError(
                f"{self.file} has {name!r} from {places[0]:g} to {places[-1]:g}, but wanted from {wanted[0]:g} to "
                f"{wanted[-1]:g}"
            )
        return np.interp(wanted, places, series)


def _object(text: str, at: str) -> tuple[dict[str, Any], Vector | None]:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("the file holds no object of numbers and lists")
    found = {name: _number(name, value) for name, value in content.items()}
    if not at:
        return found, None
    if at not in found:
        raise ValueError(f"the file has no list {at!r} of places")
    if isinstance(found[at], ValueError):
        raise found[at]
    return found, _rising(at, np.atleast_1d(found[at]))


def _number(name: str, value: Any) -> Any:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return ValueError(f"{name!r} is {value!r:.60}, no number and no list of numbers")
    if array.ndim > 1:
        return ValueError(f"{name!r} is a list of lists; give numbers and lists of numbers")
    return float(array) if array.ndim == 0 else array


def _columns(text: str, at: str) -> tuple[dict[str, Any], Vector]:
    lines = [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        raise ValueError("the file has no line of names above columns of numbers")
    names = [name for name in (lines[0][0].lstrip("#"), *lines[0][1:]) if name]
    rows = [line for line in lines[1:] if not line[0].startswith("#")]
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(names)), None)
    if wrong is not None:
        raise ValueError(f"row {wrong + 1} has {len(rows[wrong])} numbers below {len(names)} names")
    numbers = np.array(rows, dtype=np.float64)
    found: dict[str, Any] = dict(zip(names, numbers.T, strict=True))
    where = at or names[0]
    if where not in found:
        raise ValueError(f"the file has no column {where!r}; it has {', '.join(names)}")
    return found, _rising(where, found[where])


def _rising(name: str, places: Vector) -> Vector:
    if (np.diff(places) <= 0.0).any():
        raise ValueError(f"the places in {name!r} do not rise")
    return places
