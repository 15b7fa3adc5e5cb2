"""The table of parameters that are fitted, kept in `parameters.toml`."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forcefield import Address

TABLE = Path(__file__).resolve().parent / "parameters.toml"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the force field that the fit may change.

    Attributes
    ----------
    name
        Short name for tables.
    address
        Its place in the force field.
    initial
        Its value in the force field that is the start.
    lower, upper
        Range for the fit, in the units of the force field.
    """

    name: str
    address: Address
    initial: float
    lower: float
    upper: float


def read(path: Path = TABLE) -> tuple[Parameter, ...]:
    """Read the table.

    Raises
    ------
    ValueError
        If an entry is incomplete, or its range is not ``lower < upper`` with the initial value inside.
    """
    with path.open("rb") as file:
        entries = tomllib.load(file).get("parameter", [])
    table = tuple(_parameter(number, entry, path) for number, entry in enumerate(entries, start=1))
    if len({parameter.address for parameter in table}) < len(table):
        raise ValueError(f"{path}: two entries have the same address")
    return table


def _parameter(number: int, entry: dict[str, Any], path: Path) -> Parameter:
    where = f"{path}, entry {number}"
    try:
        name, address, initial, bounds = (entry[key] for key in ("name", "address", "initial", "bounds"))
    except KeyError as missing:
        raise ValueError(f"{where}: {missing} is missing") from None
    numbers = [initial, *bounds] if isinstance(bounds, list) else [initial]
    if len(numbers) != 3 or not all(isinstance(value, int | float) and math.isfinite(value) for value in numbers):
        raise ValueError(f"{where}: 'initial' must be a number and 'bounds' a pair of numbers")
    start, lower, upper = (float(value) for value in numbers)
    if not lower < upper or not lower <= start <= upper:
        raise ValueError(f"{where}: {lower} < {upper} with {start} between them is required")
    return Parameter(str(name), Address.parse(str(address)), start, lower, upper)
