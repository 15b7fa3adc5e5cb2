"""The table of parameters: which numbers of a model are fitted, in which range and on which scale."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from glompo.calibration.derived import Derived, in_order
from glompo.calibration.tables import Row, rows_of, written
from glompo.errors import SettingError

COLUMNS = ("name", "value", "lower", "upper", "scale", "active", "prior", "group")
"""Columns of a table of parameters."""

SCALES = ("linear", "log")
"""Scales on which a parameter is searched: equal steps are equal differences, or equal factors."""

PRIOR = re.compile(r"(normal|lognormal)\(\s*([^,\s]+)\s*,\s*([^,\s]+)\s*\)")


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a parameter beforehand; it adds one residual to the fit.

    Attributes
    ----------
    kind : {'normal', 'lognormal'}
        A normal distribution of the value, or of its natural logarithm.
    centre, width : float
        Most probable value, or median; standard deviation, of the logarithm with ``'lognormal'``.
    """

    kind: str
    centre: float
    width: float

    @classmethod
    def parse(cls, text: str, where: str) -> Self:
        """Return what is written ``normal(centre, width)`` or ``lognormal(centre, width)``; else SettingError."""
        found = PRIOR.fullmatch(text.strip())
        try:
            prior = cls(found[1], float(found[2]), float(found[3])) if found else None
        except ValueError:
            prior = None
        if prior is None or not math.isfinite(prior.centre) or not 0.0 < prior.width < math.inf:
            raise SettingError(
                f"{where}: prior is {text!r}; write normal(centre, width) or lognormal(centre, width), width above 0"
            )
        if prior.kind == "lognormal" and prior.centre <= 0.0:
            raise SettingError(f"{where}: prior is {text!r}; the centre of a lognormal one is above 0")
        return prior

    def residual(self, value: float) -> float:
        """Return the distance from the centre in widths."""
        if self.kind == "normal":
            return (value - self.centre) / self.width
        return math.log(value / self.centre) / self.width if value > 0.0 else math.inf

    def __str__(self) -> str:
        return f"{self.kind}({self.centre!r}, {self.width!r})"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model.

    Attributes
    ----------
    name : str
        By which the model gets it.
    value : float
        Where the fit begins; what it stays at when it is not active.
    lower, upper : float
        Range of an active parameter; of the others it may be missing, nan.
    scale : {'linear', 'log'}
        How it is searched.
    active : bool
        Whether it is fitted.
    prior : Prior, optional
        What is known beforehand.
    group : str
        By which tables sum up.
    where : str
        File and line that it comes from.
    """

    name: str
    value: float
    lower: float = math.nan
    upper: float = math.nan
    scale: Literal["linear", "log"] = "linear"
    active: bool = True
    prior: Prior | None = None
    group: str = ""
    where: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Check the row; SettingError names place, value and remedy."""
        at = f"{self.where}: parameter {self.name!r}" if self.where else f"parameter {self.name!r}"
        if not self.name or not isinstance(self.name, str):
            raise SettingError(f"{at}: a parameter needs a name")
        if self.scale not in SCALES:
            raise SettingError(f"{at}: scale is {self.scale!r}; use 'linear' or 'log'")
        if not math.isfinite(self.value):
            raise SettingError(f"{at}: value is {self.value!r}; give a finite number")
        if not self.active:
            return
        low, high = self.lower, self.upper
        if not (math.isfinite(low) and math.isfinite(high)):
            raise SettingError(
                f"{at}: its range is {low} to {high}; give finite limits, or active = false to keep it as it is"
            )
        if low > high:
            raise SettingError(f"{at}: its range {low} to {high} is reversed; give lower = {high}, upper = {low}")
        if low == high:
            raise SettingError(f"{at}: its range is {low} to {high}; widen it, or give active = false")
        if not low <= self.value <= high:
            raise SettingError(
                f"{at}: its value {self.value} lies outside its range {low} to {high}; move it or widen the range"
            )
        lognormal = self.prior is not None and self.prior.kind == "lognormal"
        if (self.scale == "log" or lognormal) and low <= 0.0:
            why = "scale is 'log'" if self.scale == "log" else f"prior is {self.prior}"
            raise SettingError(f"{at}: {why}, but its range begins at {low}; raise lower above 0")


class Parameters(Sequence[Parameter]):
    """An ordered table of parameters.

    Parameters
    ----------
    rows : iterable of Parameter
        In the order of the vector that optimizers see.
    derived : mapping of str to str, optional
        Further values that the model gets, as expressions of the others: ``{"b": "a + d"}``. They need the package
        asteval.

    Raises
    ------
    SettingError
        If a name is there twice, no parameter is active, or an expression cannot be used.

    Examples
    --------
    >>> table = Parameters([Parameter("a", 1.0, 0.0, 2.0), Parameter("c", 3.0, active=False)])
    >>> table.names, table.bounds.tolist(), table.values([1.5])
    (('a',), [[0.0, 2.0]], {'a': 1.5, 'c': 3.0})
    """

    def __init__(self, rows: Iterable[Parameter], derived: Mapping[str, str] | None = None) -> None:
        self._rows = tuple(rows)
        first: dict[str, Parameter] = {}
        for row in self._rows:
            if row.name in first:
                before = f", as at {first[row.name].where}" if first[row.name].where else ""
                raise SettingError(
                    f"{row.where or 'the table'}: there is a parameter {row.name!r} already{before}; name each once"
                )
            first[row.name] = row
        self.active = tuple(row for row in self._rows if row.active)
        if not self.active:
            raise SettingError("no parameter is active; give active = true to those that are to be fitted")
        self.derived = dict(derived or {})
        self._expressions = Derived(self.derived, tuple(first)) if self.derived else None
        if self._expressions is not None:
            self._expressions.values({row.name: row.value for row in self._rows})

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, which: Any) -> Any:
        """Return the row of that number or name; a slice gives a tuple."""
        if isinstance(which, str):
            for row in self._rows:
                if row.name == which:
                    return row
            raise KeyError(which)
        return self._rows[which]

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the active parameters."""
        return tuple(row.name for row in self.active)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Ranges of the active parameters, shape (d, 2)."""
        return np.array([(row.lower, row.upper) for row in self.active])

    @property
    def x0(self) -> NDArray[np.float64]:
        """Values of the active parameters, shape (d,)."""
        return np.array([row.value for row in self.active])

    @property
    def scales(self) -> tuple[str, ...]:
        """Scales of the active parameters."""
        return tuple(row.scale for row in self.active)

    def values(self, x: Sequence[float] | NDArray[np.float64]) -> dict[str, float]:
        """Return the values of all parameters at `x`, shape (d,), and what is derived from them, by name.

        Raises
        ------
        ValueError
            If `x` has another shape, or a derived value is not finite.
        """
        point = np.asarray(x, dtype=np.float64)
        if point.shape != (len(self.active),):
            raise ValueError(f"the point has shape {point.shape}; there are {len(self.active)} active parameters")
        values = {row.name: row.value for row in self._rows}
        values.update(zip(self.names, point.tolist(), strict=True))
        return values if self._expressions is None else self._expressions.values(values)

    def priors(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the residuals of the priors of active parameters at `x`, shape (d,) to (p,)."""
        pairs = zip(self.active, x.tolist(), strict=True)
        return np.array([row.prior.residual(value) for row, value in pairs if row.prior is not None])

    def at(self, x: Sequence[float] | NDArray[np.float64]) -> Parameters:
        """Return the same table with the values of `x`, shape (d,)."""
        values = dict(zip(self.names, np.asarray(x, dtype=np.float64).tolist(), strict=True))
        return Parameters((replace(row, value=values.get(row.name, row.value)) for row in self._rows), self.derived)

    def with_active(self, names: Iterable[str]) -> Parameters:
        """Return the same table with these parameters active, and no others."""
        wanted = set(names)
        unknown = wanted - {row.name for row in self._rows}
        if unknown:
            raise SettingError(f"there is no parameter {min(unknown)!r}; name those of the table")
        return Parameters((replace(row, active=row.name in wanted) for row in self._rows), self.derived)

    def to_csv(self, header: Iterable[str] = ()) -> str:
        """Return the table as CSV, below comment lines; :meth:`read` takes it."""
        rows = (
            (row.name, row.value, _limit(row.lower), _limit(row.upper), row.scale, row.active, row.prior, row.group)
            for row in self._rows
        )
        return written(COLUMNS, rows, header)

    @classmethod
    def read(cls, source: str | os.PathLike[str] | Iterable[Mapping[str, Any]], **settings: Any) -> Self:
        """Return the table in a CSV file, in the array ``[[parameter]]`` of a TOML file, or in rows by column.

        Parameters
        ----------
        source : path, or iterable of mappings
            Columns are ``name, value, lower, upper, scale, active, prior, group``; the first two are needed.
        **settings
            See :class:`Parameters`.

        Raises
        ------
        SettingError
            Naming file, line, value and remedy.
        """
        return cls(map(_parameter, rows_of(source, "parameter", COLUMNS, ("name", "value"))), **settings)

    @classmethod
    def from_lmfit(cls, given: Mapping[str, Any]) -> Self:
        """Return the table of objects with the attributes of ``lmfit.Parameter``; an ``expr`` becomes derived."""
        tied = {name: one.expr for name, one in given.items() if getattr(one, "expr", None)}
        free = {name: one for name, one in given.items() if name not in tied}
        rows = [
            Parameter(name, float(one.value), float(one.min), float(one.max), active=bool(one.vary))
            for name, one in free.items()
        ]
        return cls(rows, in_order(tied))

    @classmethod
    def from_petab(cls, source: str | os.PathLike[str] | Iterable[Mapping[str, Any]]) -> Self:
        """Return what a PEtab parameter table says: a TSV file, a data frame, or rows by column."""
        return cls(map(_from_petab, rows_of(source, "parameter", PETAB, ("parameterId", "estimate"))))


PETAB = (
    "parameterId", "parameterName", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate",
    "initializationPriorType", "initializationPriorParameters", "objectivePriorType", "objectivePriorParameters",
)  # fmt: skip
"""Columns of a PEtab parameter table, version 1."""

_PETAB_SCALES = {"lin": "linear", "log": "log", "log10": "log"}
_PETAB_PRIORS = {"normal": "normal", "logNormal": "lognormal"}


def _limit(value: float) -> float | None:
    return None if math.isnan(value) else value


def _parameter(row: Row) -> Parameter:
    prior = row.text("prior", "")
    return Parameter(
        row.text("name"),
        row.number("value"),
        *_range(row, "lower", "upper"),
        scale=row.text("scale", "linear"),  # type: ignore[arg-type]  # it checks that
        active=row.flag("active", True),
        prior=Prior.parse(prior, row.where) if prior else None,
        group=row.text("group", ""),
        where=row.where,
    )


def _range(row: Row, lower: str, upper: str) -> tuple[float, float]:
    """Return the ends of a range, each nan if it is not given."""
    low, high = (row.number(name) if name in row.cells else math.nan for name in (lower, upper))
    return low, high


def _from_petab(row: Row) -> Parameter:
    low, high = _range(row, "lowerBound", "upperBound")
    scale = _PETAB_SCALES.get(row.text("parameterScale", "lin"))
    if scale is None:
        raise SettingError(f"{row.where}: parameterScale is {row.text('parameterScale')!r}; use lin, log or log10")
    active = row.flag("estimate", True)
    middle = math.sqrt(low * high) if scale == "log" and low > 0 else (low + high) / 2
    kind, prior = row.text("objectivePriorType", ""), None
    if kind and kind not in ("uniform", "parameterScaleUniform"):
        if kind not in _PETAB_PRIORS:
            raise SettingError(f"{row.where}: objectivePriorType is {kind!r}; use normal, logNormal or uniform")
        first, _, second = row.text("objectivePriorParameters").partition(";")
        if kind == "logNormal":
            first = repr(math.exp(Row({"mean": first}, row.where).number("mean")))
        prior = Prior.parse(f"{_PETAB_PRIORS[kind]}({first}, {second})", row.where)
    return Parameter(
        row.text("parameterId"),
        row.number("nominalValue", None if math.isnan(middle) else middle),
        low,
        high,
        scale=scale,  # type: ignore[arg-type]  # it is one of them
        active=active,
        prior=prior,
        where=row.where,
    )
