"""The value of an evaluation, from what a program has left."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glompo.errors import SettingError

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?|nan|inf(?:inity)?)(?!\w)", re.IGNORECASE)
"""Fortran's exponents (1.5D-03) included."""

LAST = 2**16
"""Bytes at the end of standard output in which the value is looked for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the value stands.

    Attributes
    ----------
    file : str
        Name of the file in the scratch directory; empty for standard output.
    key : str
        Key of the value in a JSON file; for an object in an object, the keys with dots between them.
    """

    file: str = ""
    key: str = ""

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
                f"output is {output!r}; it is 'stdout' or 'json:FILE:key', as in 'json:result.json:energy'"
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
