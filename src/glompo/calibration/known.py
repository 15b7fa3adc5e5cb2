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
    knows = _Names(known)
    for entry in data:
        for _, name in entry.terms:
            knows.check(name, entry.where or repr(entry.label), "quantity")


def check_parameters(parameters: Parameters, known: Known) -> None:
    """Refuse parameters that the model does not take; SettingError names file and line."""
    knows = _Names(known)
    for row in parameters:
        knows.check(row.name, row.where or "the table of parameters", "parameter")
    for name in parameters.derived:
        knows.check(name, "derived", "parameter")


class _Names:
    def __init__(self, known: Known) -> None:
        self._listed = () if callable(known) else tuple(known)
        self._known = known if callable(known) else frozenset(self._listed).__contains__

    def check(self, name: str, where: str, what: str) -> None:
        try:
            if self._known(name):
                return
        except SettingError as error:
            raise SettingError(f"{where}: {error}") from None
        near = get_close_matches(name, self._listed, 1)
        hint = f"did you mean {near[0]!r}?" if near else "mend the name, or take the row out"
        raise SettingError(f"{where}: the model knows no {what} {name!r}; {hint}")
