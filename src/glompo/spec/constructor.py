"""What the constructor of a component takes: read off its signature, so that a slip is told before anything begins.

A constructor that takes ``**kwargs`` and only hands them to its base says nothing about other settings: whatever is no
setting of the bases either would be lost without a word. One that does something else with them, or whose source
cannot be read, may have any setting.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from glompo.errors import SettingTypeError
from glompo.optimizer import EARLIER_NAMES, BaseOptimizer
from glompo.optimizer import refuse_unknown as refuse_in_constructor
from glompo.validation import refuse_unknown

_HANDED_ON = ("__init__", refuse_in_constructor.__name__)
"""Calls with which a constructor passes on what it does not know itself."""


FOR_THE_MANAGER = ("workers", "label")
"""What is given with the settings of any optimizer and is not for its constructor."""


def settings_known(cls: type) -> tuple[dict[str, inspect.Parameter], bool]:
    """Return the settings that constructors name, and whether there can be no others.

    Constructors that pass ``**kwargs`` on are followed to their base.
    """
    known: dict[str, inspect.Parameter] = {}
    closed = False
    for constructor in _constructors(cls):
        try:
            parameters = inspect.signature(constructor).parameters.values()
        except (TypeError, ValueError):  # not written in Python
            break
        known = {**{one.name: one for one in parameters if _is_setting(one)}, **known}
        further = [one.name for one in parameters if one.kind is one.VAR_KEYWORD]
        closed = not further
        if closed or not _only_handed_on(constructor, further[0]):
            break
    else:
        closed = True  # the last base has nowhere to keep them
    if issubclass(cls, BaseOptimizer):
        known["workers"] = inspect.Parameter("workers", inspect.Parameter.KEYWORD_ONLY, default=1)
    return known, closed


def required_settings(cls: type, given: int) -> list[str]:
    """Return the settings without a default, but for those that so many positional arguments take."""
    known, _ = settings_known(cls)
    taken = [name for name, one in known.items() if one.kind is one.POSITIONAL_OR_KEYWORD][:given]
    return [name for name, one in known.items() if one.default is one.empty and name not in taken]


def check_settings(cls: type[BaseOptimizer], init: Mapping[str, Any], minimize: Mapping[str, Any]) -> None:
    """Refuse settings of an optimizer that its class does not have, of its constructor and of its `minimize`.

    Raises
    ------
    SettingTypeError
        Naming the setting, and the nearest one that there is.
    """
    known, closed = settings_known(cls)
    filled_in = {*EARLIER_NAMES, *EARLIER_NAMES.values()}
    if closed:
        refuse_unknown(cls.__name__, [name for name in init if name not in filled_in], known, "last")
    further = list(inspect.signature(cls.minimize).parameters.values())[4:]  # after self, function, x0, bounds
    if not any(one.kind is one.VAR_KEYWORD for one in further):
        refuse_unknown(f"{cls.__name__}.minimize", minimize, [one.name for one in further])


def check_complete(cls: type, args: tuple[Any, ...], init: Mapping[str, Any]) -> None:
    """Refuse to begin without a setting that has no default.

    Raises
    ------
    SettingTypeError
        Naming it.
    """
    missing = [name for name in required_settings(cls, len(args)) if name not in init]
    if missing:
        raise SettingTypeError(f"{cls.__name__} lacks the setting {missing[0]!r}, which has no default; give it")


def _constructors(cls: type) -> Iterator[Callable[..., Any]]:
    for one in cls.__mro__:
        if "__init__" in vars(one) and one not in (BaseOptimizer, object):
            yield vars(one)["__init__"]


def _is_setting(parameter: inspect.Parameter) -> bool:
    by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    filled_in = parameter.name.startswith("_") or parameter.name in EARLIER_NAMES
    return by_name and not filled_in and parameter.name != "self"


@cache
def _only_handed_on(constructor: Callable[..., Any], name: str) -> bool:
    """Say whether a constructor does nothing with its ``**name`` but hand it to the constructor of its base."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(constructor)))
    except (OSError, TypeError, SyntaxError):
        return False
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    handed = [
        node
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _called(call) in _HANDED_ON
        for node in (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg is None))
        if isinstance(node, ast.Name) and node.id == name
    ]
    return len(uses) == len(handed)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
