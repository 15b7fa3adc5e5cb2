"""Tables in text files: rows by the names of their columns, each with the place that an error names."""

from __future__ import annotations

import csv
import io
import math
import os
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from glompo.errors import SettingError

YES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
"""What may stand in a column of yes and no."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    cells : mapping
        What stands in it, by column; texts in a CSV file. An empty cell is left out.
    where : str
        File and line, or the number of the row.
    """

    cells: Mapping[str, Any]
    where: str = field(compare=False)

    def text(self, column: str, default: str | None = None) -> str:
        """Return a text; SettingError if it is missing and there is no default."""
        found = self.cells.get(column, default)
        if found is None:
            raise SettingError(f"{self.where}: there is no {column}; give one")
        return str(found).strip()

    def number(self, column: str, default: float | None = None) -> float:
        """Return a finite number; SettingError if it is none, or is missing and there is no default."""
        found = self.cells.get(column, default)
        if found is None:
            raise SettingError(f"{self.where}: there is no {column}; give a number")
        try:
            value = math.nan if isinstance(found, bool) else float(found)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise SettingError(f"{self.where}: {column} is {found!r}; give a finite number")
        return value

    def flag(self, column: str, default: bool) -> bool:
        """Return yes or no; SettingError if it is neither."""
        found = self.cells.get(column, default)
        if isinstance(found, bool):
            return found
        said = YES.get(str(found).strip().lower())
        if said is None:
            raise SettingError(f"{self.where}: {column} is {found!r}; write true or false")
        return said


def rows_of(source: Any, key: str, columns: Collection[str], required: Collection[str]) -> list[Row]:
    """Return the rows of a table.

    Parameters
    ----------
    source : path, or iterable of mappings
        A CSV or TOML file, or rows by the names of their columns, in which None, nan and empty texts are left out. In
        CSV the first line names the columns, and lines that begin with ``#`` are left out.
    key : str
        In a TOML file, the array of tables that holds the rows.
    columns, required : collections of str
        Columns that there may be, and that there must be.

    Raises
    ------
    SettingError
        If the file cannot be read, holds no rows, or has other columns; naming file, line and remedy.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        rows = list(_toml_rows(path, key) if path.suffix == ".toml" else _csv_rows(path))
        name = str(path)
    else:
        rows, name = (
            [_row(one, f"{key} {i}") for i, one in enumerate(_mappings(source, key), 1)],
            f"the table of {key}s",
        )
    if not rows:
        raise SettingError(f"{name} holds no rows; give one for each {key}")
    for row in rows:
        for column in row.cells:
            if column not in columns:
                near = get_close_matches(str(column), columns, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(columns)}"
                raise SettingError(f"{row.where}: there is no column {column!r} in a table of {key}s; {hint}")
        for column in required:
            if column not in row.cells:
                raise SettingError(f"{row.where}: there is no {column}; each {key} needs {', '.join(required)}")
    return rows


def text_of(path: Path) -> str:
    """Return the text of a file; SettingError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it is not UTF-8 at byte {error.start}"
        raise SettingError(f"cannot read {path}: {why}; give a text file") from error


def written(columns: Iterable[str], rows: Iterable[Iterable[Any]], header: Iterable[str] = ()) -> str:
    """Return a table as CSV, below comment lines; numbers come with all their digits."""
    out = io.StringIO()
    out.writelines(f"# {line}\n" for line in header)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(float(value)) if isinstance(value, float) else "" if value is None else str(value)


def _csv_rows(path: Path) -> Iterator[Row]:
    lines = text_of(path).splitlines()
    kept = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    if not kept:
        return
    delimiter = "\t" if "\t" in kept[0][1] else ","
    columns, *records = csv.reader((line for _, line in kept), delimiter=delimiter, skipinitialspace=True)
    columns = [column.strip() for column in columns]
    if len(records) != len(kept) - 1:
        raise SettingError(f"{path}: a quoted cell goes over the end of its line; write each row in one line")
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise SettingError(f"{path}:{kept[0][0]}: the column {twice[0]!r} stands there twice; name each once")
    for (number, _), cells in zip(kept[1:], records, strict=True):
        where = f"{path}:{number}"
        if len(cells) > len(columns):
            raise SettingError(
                f"{where}: {len(cells)} cells below {len(columns)} columns; put a cell with a comma into quotes"
            )
        yield _row(dict(zip(columns, cells, strict=False)), where)


def _toml_rows(path: Path, key: str) -> Iterator[Row]:
    try:
        document = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path} is no TOML: {error}; mend that line") from error
    for number, one in enumerate(_mappings(document.get(key, []), key), 1):
        yield _row(one, f"{path}, {key} {number}")


def _mappings(source: Any, key: str) -> list[Mapping[str, Any]]:
    records = getattr(source, "to_dict", None)  # a data frame, whatever library it is from
    if records is not None and hasattr(source, "columns"):
        source = source.reset_index().to_dict("records") if getattr(source.index, "name", None) else records("records")
    try:
        found = list(source)
    except TypeError:
        found = [None]
    if not all(isinstance(one, Mapping) for one in found):
        raise SettingError(f"the table of {key}s is {source!r:.80}; give a file, or one mapping for each row")
    return found


def _row(cells: Mapping[str, Any], where: str) -> Row:
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in cells.items()}
    empty = (
        value is None or value == "" or (isinstance(value, float) and math.isnan(value)) for value in stripped.values()
    )
    return Row({name: stripped[name] for name, nothing in zip(stripped, empty, strict=True) if not nothing}, where)
