"""Values that follow from parameters by expressions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from glompo.errors import SettingError
from glompo.optional import library

NAME = re.compile(r"[^\W\d]\w*")
"""A name in an expression."""


class Derived:
    """Expressions of parameters, evaluated by asteval, which lets no code in.

    Parameters
    ----------
    expressions : mapping of str to str
        The new names with what they are; an expression may use those that come before it.
    names : sequence of str
        Names of the parameters.

    Raises
    ------
    SettingError
        If a name is taken, an expression is none, or asteval is not installed.
    """

    def __init__(self, expressions: Mapping[str, str], names: Sequence[str]) -> None:
        self._expressions = dict(expressions)
        for name, expression in self._expressions.items():
            if name in names:
                raise SettingError(f"derived[{name!r}]: there is a parameter of that name; choose another one")
            if not isinstance(expression, str) or not expression.strip():
                raise SettingError(f"derived[{name!r}] is {expression!r}; give an expression such as 'a + d'")

    def values(self, parameters: Mapping[str, float]) -> dict[str, float]:
        """Return the parameters with what is derived from them.

        Raises
        ------
        SettingError
            If an expression cannot be evaluated, or gives no finite number.
        """
        interpreter = _interpreter()  # one of its own for each call: a task is called from several threads
        found = dict(parameters)
        for name, expression in self._expressions.items():
            interpreter.symtable.update(found)
            value = interpreter(expression, show_errors=False)
            if interpreter.error:
                why = interpreter.error[0].get_error()[1].strip().splitlines()[-1]
                raise SettingError(f"derived[{name!r}] is {expression!r}: {why}; use names of parameters and functions")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise SettingError(f"derived[{name!r}] is {expression!r}, which gives {value!r}, no finite number")
            found[name] = float(value)
        return found


def in_order(expressions: Mapping[str, str]) -> dict[str, str]:
    """Return the expressions so that each comes behind those that it names; a circle stays as it is, to be refused."""
    left, found = dict(expressions), {}
    while left:
        free = (name for name, text in left.items() if not left.keys() & NAME.findall(text))
        name = next(free, next(iter(left)))
        found[name] = left.pop(name)
    return found


def _interpreter() -> Any:
    asteval = library("a derived parameter", "asteval", "calibration")
    return asteval.Interpreter(minimal=True, use_numpy=False)
