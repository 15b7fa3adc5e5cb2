"""The table of data: what a model is compared with, and how much each comparison counts."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from glompo.calibration.tables import Row, rows_of, written
from glompo.errors import SettingError
from glompo.safe_text import error_text

COLUMNS = ("quantity", "at", "reference", "sigma", "group", "split", "unit")
"""Columns of a table of data."""

SPLITS = ("training", "validation")
"""What a row is for: it is fitted, or only compared with."""

REMEDY = "take the row out, mend the model, or begin at other values of the parameters"
"""What to do about a row that has no finite value."""

Vector = NDArray[np.float64]
Terms = tuple[tuple[float, str], ...]

_TERM = re.compile(r"(?:([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\*\s*)?([^\s*]\S*)")


def terms_of(text: str, where: str) -> Terms:
    """Return a linear combination of quantities as factors and names.

    It is written ``a``, ``a - b`` or ``0.5*a + 2*b``, with blanks around plus and minus; a name holds no blanks.
    SettingError if it is none.
    """
    parts, found = ["+", *re.split(r"\s([-+])\s", text.strip())], []
    for sign, term in zip(parts[::2], parts[1::2], strict=True):
        match = _TERM.fullmatch(term.strip())
        if match is None:
            raise SettingError(
                f"{where}: quantity is {text!r}, in which {term!r} is no name; write 'a', 'a - b' or '0.5*a + b', with "
                "blanks around + and -"
            )
        found.append((float(f"{sign}1") * float(match[1] or 1.0), match[2]))
    return tuple(found)


class AnswerError(ValueError):
    """What a model gave cannot be compared with a row.

    Attributes
    ----------
    there : bool
        Whether it is that point which has no finite number; otherwise the answer is not of the kind that was wanted.
    """

    def __init__(self, message: str, there: bool = False) -> None:
        super().__init__(message)
        self.there = there


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of data.

    Attributes
    ----------
    quantity : str
        What the model gives, or a linear combination: ``"energy:a - 0.5*energy:b"``.
    reference : float
        The value that it should have.
    sigma : float
        Its uncertainty, above 0, in the same unit; a residual is divided by it.
    at : float, optional
        Where, in a series: a time, a distance; None for a single number.
    group : str
        By which sums are formed.
    split : {'training', 'validation'}
        What it is for.
    unit : str
        Unit of reference and sigma, for reports.
    where : str
        File and line that it comes from.
    """

    quantity: str
    reference: float
    sigma: float = 1.0
    at: float | None = None
    group: str = "all"
    split: str = "training"
    unit: str = ""
    where: str = field(default="", compare=False)
    terms: Terms = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check the row; SettingError names place, value and remedy."""
        at = self.where or f"entry {self.quantity!r}"
        if not math.isfinite(self.reference):
            raise SettingError(f"{at}: reference is {self.reference!r}; give a finite number")
        if not 0.0 < self.sigma < math.inf:
            raise SettingError(
                f"{at}: sigma is {self.sigma!r}; it is the uncertainty of the reference: give a number above 0, or "
                "take the row out"
            )
        if self.at is not None and not math.isfinite(self.at):
            raise SettingError(f"{at}: at is {self.at!r}; give a finite number, or leave it empty")
        if self.split not in SPLITS:
            raise SettingError(f"{at}: split is {self.split!r}; write 'training' or 'validation'")
        object.__setattr__(self, "terms", self.terms or terms_of(self.quantity, at))
        if not _compared(self.terms):
            raise SettingError(f"{at}: quantity is {self.quantity!r}, which is always 0; mend it, or take the row out")

    @property
    def label(self) -> str:
        """The quantity, with its place in a series."""
        return self.quantity if self.at is None else f"{self.quantity} at {self.at:g}"


class Data(Sequence[Entry]):
    """A table of data.

    Parameters
    ----------
    entries : iterable of Entry
        In the order of the residuals.
    weights : mapping of str to float, optional
        Factor by which a group counts in the loss, above 0; 1 for those that are not named.

    Raises
    ------
    SettingError
        If there are no rows, one is for training and for validation, or a weight cannot be used.

    Examples
    --------
    >>> data = Data([Entry("mass", 3.0, 0.1), Entry("flow", 1.0, at=2.0), Entry("flow", 1.5, at=3.0)])
    >>> {name: places.tolist() for name, places in data.wanted.items()}
    {'mass': [], 'flow': [2.0, 3.0]}
    """

    def __init__(self, entries: Iterable[Entry], weights: Mapping[str, float] | None = None) -> None:
        self._entries = tuple(entries)
        if not self._entries:
            raise SettingError("the data hold no rows; give one entry at least")
        self.weights = {name: _weight(name, value) for name, value in dict(weights or {}).items()}
        unknown = set(self.weights) - {entry.group for entry in self._entries}
        if unknown:
            groups = ", ".join(dict.fromkeys(entry.group for entry in self._entries))
            raise SettingError(f"weights name the group {min(unknown)!r}; the data have {groups}")
        self._refuse_leaks()
        self.reference: Vector = np.array([entry.reference for entry in self._entries])
        self.sigma: Vector = np.array([entry.sigma for entry in self._entries])
        self._factor = np.sqrt([self.weights.get(entry.group, 1.0) for entry in self._entries]) / self.sigma
        self.groups = tuple(dict.fromkeys(entry.group for entry in self._entries))
        self._places, self._rows, self._factors = self._index()

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, which: Any) -> Any:
        """Return an entry; a slice gives a table."""
        return (
            Data(self._entries[which], self._kept(self._entries[which]))
            if isinstance(which, slice)
            else self._entries[which]
        )

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def of(self, split: str) -> Data | None:
        """Return the rows of 'training' or 'validation'; None if there are none."""
        entries = tuple(entry for entry in self._entries if entry.split == split)
        return Data(entries, self._kept(entries)) if entries else None

    @property
    def wanted(self) -> dict[str, Vector]:
        """Quantities that a model must give, each with the places of its series in rising order; none for a number."""
        return {name: np.array(sorted(places)) for name, places in self._places.items()}

    def predictions(self, answer: Mapping[str, Any]) -> Vector:
        """Return what a model's answer says of each row, shape (n,).

        Parameters
        ----------
        answer : mapping of str to number, array or exception
            The quantities; an exception says why one could not be computed, and none of the others need be there.

        Raises
        ------
        AnswerError
            If a quantity is missing or failed, or is not as many finite numbers as were wanted; it names the row.
        """
        if not isinstance(answer, Mapping):
            raise AnswerError(f"the model gave {answer!r:.80}; let it return a mapping from quantities to numbers")
        for name in self._places.keys() & answer.keys():
            if isinstance(why := answer[name], Exception):
                raise AnswerError(f"{self._first(name)}: {name!r} failed: {error_text(why)}; {REMEDY}", there=True)
        values = np.concatenate([self._part(name, answer) for name in self._places])
        sums = np.asarray(
            np.bincount(self._rows, self._factors * values[self._columns], len(self._entries)), np.float64
        )
        if not np.isfinite(sums).all():
            raise self._not_finite(values, sums)
        return sums

    def residuals(self, predictions: Vector) -> Vector:
        """Return (prediction − reference) / sigma, times the root of the group's weight, shape (n,)."""
        return np.asarray((predictions - self.reference) * self._factor)

    def predicted(self, residuals: Vector) -> Vector:
        """Return the predictions that have these :meth:`residuals`, shape (n,)."""
        return np.asarray(self.reference + residuals / self._factor)

    def members(self, group: str) -> NDArray[np.bool_]:
        """Return which rows are of a group, shape (n,)."""
        return np.array([entry.group == group for entry in self._entries])

    def to_csv(self, header: Iterable[str] = ()) -> str:
        """Return the table as CSV, below comment lines; :meth:`read` takes it."""
        rows = ((e.quantity, e.at, e.reference, e.sigma, e.group, e.split, e.unit) for e in self._entries)
        return written(COLUMNS, rows, header)

    @classmethod
    def read(cls, source: str | os.PathLike[str] | Iterable[Mapping[str, Any]], **settings: Any) -> Self:
        """Return the table in a CSV file, in the array ``[[entry]]`` of a TOML file, or in rows by column.

        Parameters
        ----------
        source : path, or iterable of mappings
            Columns are ``quantity, at, reference, sigma, group, split, unit``; quantity and reference are needed.
        **settings
            See :class:`Data`.

        Raises
        ------
        SettingError
            Naming file, line, value and remedy.
        """
        return cls(map(_entry, rows_of(source, "entry", COLUMNS, ("quantity", "reference"))), **settings)

    def _kept(self, entries: Sequence[Entry]) -> dict[str, float]:
        groups = {entry.group for entry in entries}
        return {name: value for name, value in self.weights.items() if name in groups}

    def _refuse_leaks(self) -> None:
        first: dict[Any, Entry] = {}
        for entry in self._entries:
            before = first.setdefault((_compared(entry.terms), entry.at), entry)
            here, there = entry.where or repr(entry.label), before.where or repr(before.label)
            if before.split != entry.split:
                raise SettingError(
                    f"{here}: {entry.label!r} is for {entry.split}, and stands at {there} for {before.split}; what is "
                    "validated must not be fitted: keep one of them"
                )

    def _index(self) -> tuple[dict[str, dict[float, int]], NDArray[np.intp], Vector]:
        """Return where each quantity is wanted, and the sparse matrix from wanted values to rows."""
        places: dict[str, dict[float, int]] = {}
        scalar: dict[str, Entry] = {}
        for entry in self._entries:
            for _, name in entry.terms:
                if (scalar.setdefault(name, entry).at is None) != (entry.at is None):
                    raise SettingError(
                        f"{entry.where or entry.label}: {name!r} is wanted at {entry.at}, and as a single number at "
                        f"{scalar[name].where or scalar[name].label}; give both a place, or neither"
                    )
                found = places.setdefault(name, {})
                if entry.at is not None:
                    found.setdefault(entry.at, 0)
        self._starts: dict[str, int] = {}
        count = 0
        for name, found in places.items():
            self._starts[name] = count
            for i, at in enumerate(sorted(found)):
                found[at] = i
            count += max(1, len(found))
        rows, columns, factors = [], [], []
        for row, entry in enumerate(self._entries):
            for factor, name in entry.terms:
                rows.append(row)
                columns.append(self._starts[name] + (0 if entry.at is None else places[name][entry.at]))
                factors.append(factor)
        self._columns = np.array(columns)
        return places, np.array(rows), np.array(factors)

    def _part(self, name: str, answer: Mapping[str, Any]) -> Vector:
        if name not in answer:
            gave = _some(answer)
            raise AnswerError(
                f"{self._first(name)}: the model gave no {name!r}; it gave {gave}: mend the row or the model"
            )
        count = max(1, len(self._places[name]))
        try:
            given: Any = np.atleast_1d(answer[name])
            numbers = given if given.dtype.kind in "biuf" else list(map(float, given.ravel().tolist()))
            value: Vector = np.array(numbers, dtype=np.float64).reshape(given.shape)
        except (TypeError, ValueError):
            raise AnswerError(
                f"{self._first(name)}: the model gave {answer[name]!r:.80} for {name!r}; let it give a number"
            ) from None
        if value.shape != (count,):
            raise AnswerError(
                f"{self._first(name)}: the model gave {name!r} with the shape {np.shape(answer[name])}; "
                f"{count} {'numbers are' if count > 1 else 'number is'} wanted, one for each place"
            )
        return value

    def _not_finite(self, values: Vector, sums: Vector) -> AnswerError:
        """Say which row has no finite value, and which of the numbers wanted for it is to blame."""
        entry = self._entries[int(np.flatnonzero(~np.isfinite(sums))[0])]
        for _, name in entry.terms:
            value = values[self._starts[name] + (0 if entry.at is None else self._places[name][entry.at])]
            if not math.isfinite(value):
                break
        at = "" if entry.at is None else f" at {entry.at:g}"
        return AnswerError(
            f"{entry.where or repr(entry.label)}: the model gave {value} for {name!r}{at}; {REMEDY}", True
        )

    def _first(self, name: str) -> str:
        for entry in self._entries:
            if any(name == one for _, one in entry.terms):
                return entry.where or repr(entry.label)
        return name


def _compared(terms: Terms) -> Any:
    """Return the same for all combinations that are multiples of one another."""
    sums: dict[str, float] = {}
    for factor, name in terms:
        sums[name] = sums.get(name, 0.0) + factor
    kept = sorted((name, factor) for name, factor in sums.items() if factor)
    return tuple((name, round(factor / kept[0][1], 12)) for name, factor in kept)


def _entry(row: Row) -> Entry:
    return Entry(
        row.text("quantity"),
        row.number("reference"),
        row.number("sigma", 1.0),
        row.number("at") if "at" in row.cells else None,
        row.text("group", "all"),
        row.text("split", "training"),
        row.text("unit", ""),
        row.where,
    )


def _weight(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 < value < math.inf:
        raise SettingError(f"the weight of the group {name!r} is {value!r}; give a number above 0")
    return float(value)


def _some(answer: Mapping[str, Any]) -> str:
    names = list(map(repr, answer))
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"
