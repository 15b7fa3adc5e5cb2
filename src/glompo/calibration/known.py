"""What a model says that it knows, compared with the two tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from glompo.calibration.data import Data
from glompo.calibration.parameters import Parameters
from glompo.errors import SettingError

Known = Callable[[str], bool] | Iterable[str]
"""Names, or a function that says whether one is known; it may raise SettingError, which says why not."""


def check_quantities(data: Data, known: Known) -> None:
    """Refuse rows that want a quantity which the model does not give; SettingError names file and line."""
    _check([(name, row.where or repr(row.label)) for row in data for _, name in row.terms], known, "quantity")


def check_parameters(parameters: Parameters, known: Known) -> None:
    """Refuse parameters that the model does not take; SettingError names file and line."""
    rows = [(row.name, row.where or "the table of parameters") for row in parameters]
    _check([*rows, *((name, "derived") for name in parameters.derived)], known, "parameter")


def _check(wanted: Iterable[tuple[str, str]], known: Known, what: str) -> None:
    listed = () if callable(known) else tuple(known)
    knows = known if callable(known) else frozenset(listed).__contains__
    for name, where in wanted:
        try:
            if knows(name):
                continue
        except SettingError as error:
            raise SettingError(f"{where}: {error}") from None
        near = get_close_matches(name, listed, 1)
        hint = f"did you mean {near[0]!r}?" if near else "mend the name, or take the row out"
        raise SettingError(f"{where}: the model knows no {what} {name!r}; {hint}")
