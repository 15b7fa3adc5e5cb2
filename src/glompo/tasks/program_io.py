"""What goes into a program and what comes out of it.

Parameters are written into texts as ``{name}`` and ``{name:format}``; the value is read from what the program has left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glompo.errors import SettingError

PLACE = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)(?::([^{}]*))?\}")
"""Not behind a dollar sign: those are the variables of shells and of many simulation codes."""

NUMBERED = re.compile(r"x\d+")
"""What parameters without names are called: x0, x1, ..."""

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?|nan|inf(?:inity)?)(?!\w)", re.IGNORECASE)
"""Fortran's exponents (1.5D-03) included."""

LAST = 2**16
"""Bytes at the end of standard output in which the value is looked for."""


def rendered(text: str, values: Mapping[str, float]) -> str:
    """Return `text` with the values in their places.

    A value is written with all its digits, or as its format says. Braces around anything that is no parameter are left
    as they are: many input files are full of them.

    Raises
    ------
    ValueError
        If the text wants a numbered parameter that there is not.
    """

    def value(place: re.Match[str]) -> str:
        name, style = place.groups()
        if name in values:
            return format(values[name], style or "")
        if NUMBERED.fullmatch(name):
            raise ValueError(f"the text wants {{{name}}}, but there are only the parameters {', '.join(values)}")
        return place.group()

    return PLACE.sub(value, text)


def check_places(texts: Sequence[str], names: Sequence[str] | None) -> None:
    """Make sure that the texts take the parameters.

    Raises
    ------
    SettingError
        If a parameter has no place, or a format is none for numbers.
    """
    places = [place.groups() for text in texts for place in PLACE.finditer(text)]
    wanted = {name: style for name, style in places if (name in names if names else NUMBERED.fullmatch(name))}
    missing = [name for name in names or () if name not in wanted]
    if missing:
        raise SettingError(
            f"no place for {', '.join(missing)} in template and command; write {{{missing[0]}}} where its value belongs"
        )
    if not wanted:
        raise SettingError(
            "the parameters reach the program nowhere: write {x0}, {x1}, ... into template or command, give names=, or "
            "stdin='json'"
        )
    for name, style in wanted.items():
        try:
            format(1.0, style or "")
        except ValueError as error:
            raise SettingError(f"{{{name}:{style}}} cannot be written: {error}; use a format of numbers") from error


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the value stands."""

    file: str = ""  # name of the file in the scratch directory; empty for standard output
    key: str = ""  # key of the value in a JSON file; for an object in an object, the keys with dots between them

    @property
    def told(self) -> str:
        """What it is in the record of a run."""
        return f"{self.file} {self.key}"

    @classmethod
    def of(cls, output: str) -> Reading:
        """Return what is written ``stdout`` or ``json:FILE:key``.

        Raises
        ------
        SettingError
            If it is neither.
        """
        if output == "stdout":
            return cls()
        kind, _, rest = output.partition(":")
        file, _, key = rest.rpartition(":")
        if kind != "json" or not file or not key:
            raise SettingError(
                f"output is {output!r}; it is 'stdout' or 'json:FILE:key', as in 'json:result.json:energy'; for a "
                "model of a calibration 'json:FILE' or 'columns:FILE'"
            )
        return cls(file, key)

    def value(self, folder: Path, stdout: Path) -> Any:
        """Return the value.

        Raises
        ------
        ValueError, OSError
            If it is not there.
        """
        if not self.file:
            return last_number(stdout)
        content = json.loads((folder / self.file).read_text(encoding="utf-8"))
        if isinstance(content, dict) and self.key in content:
            return content[self.key]
        for part in self.key.split("."):
            if not isinstance(content, dict) or part not in content:
                raise ValueError(f"{self.file} has no {self.key!r}")
            content = content[part]
        return content


def last_number(path: Path) -> float:
    """Return the last number in a text file.

    Raises
    ------
    ValueError
        If there is none.
    """
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - LAST))
        numbers = NUMBER.findall(file.read().decode(errors="replace"))
    if not numbers:
        raise ValueError("it printed no number")
    return float(re.sub("[dD](?=[-+]?[0-9])", "e", numbers[-1]))
