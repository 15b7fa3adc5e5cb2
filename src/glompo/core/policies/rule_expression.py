"""Rules as they print: ``(CatchUp(kappa=1) & OptimizerType(CMAOptimizer)) | MaxFuncCalls(500)`` becomes a rule.

The text is what ``str(rule)`` gives, so that the rules on record can be asked again; and what a user would write in
Python, so that others can be asked on the command line. Nothing in it is executed: it holds names of components, plain
values, ``&``, ``|``, ``~`` and parentheses.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from glompo.core.policies.rule import Rule
from glompo.errors import SettingError

Leaf: TypeAlias = Callable[[str, tuple[Any, ...], Mapping[str, Any]], Rule]
"""Makes one rule of its name and its settings, by position and by name."""

LONGEST = 10_000
"""Characters beyond which a text is refused."""

_COLON = "\u02d0"
"""Stands for the colon of an import path while Python reads the text, to whose grammar it is a letter."""

_NUMBERS = {"inf": float("inf"), "nan": float("nan")}
"""Values that Python prints as names."""

_REMEDY = "write rules such as 'CatchUp(kappa=1) | MaxFuncCalls(500)', joined by &, |, ~ and parentheses"


def rule_in(text: str, leaf: Leaf) -> Rule:
    """Return the rule that a text describes.

    A name without parentheses is a component with its usual settings; as a value it is a text. The import path of a
    class of the user's own, ``module:Class``, may stand for a name.

    Parameters
    ----------
    text : str
        The rule as it prints.
    leaf : callable
        Makes each single rule of its name and its settings.

    Raises
    ------
    SettingError
        If the text cannot be read; and what `leaf` raises.
    """
    if len(text) > LONGEST:
        raise SettingError(f"the rules have {len(text)} characters, {LONGEST} can be read; {_REMEDY}")
    try:
        return _rule(_tree(text), leaf)
    except RecursionError:
        raise SettingError(f"the rules {text[:80]!r}... are nested too deeply; {_REMEDY}") from None


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip().replace(":", _COLON), mode="eval").body
    except SyntaxError as error:
        at = f" at position {error.offset}" if error.offset else ""
        raise SettingError(f"the rules {text!r} cannot be read: {error.msg}{at}; {_REMEDY}") from None
    except (MemoryError, ValueError) as error:  # nested too deeply for the parser; a null character
        raise SettingError(f"the rules {text[:80]!r} cannot be read: {error}; {_REMEDY}") from error


def _rule(node: ast.expr, leaf: Leaf) -> Rule:
    match node:
        case ast.BinOp(left, ast.BitOr(), right):
            return _rule(left, leaf) | _rule(right, leaf)
        case ast.BinOp(left, ast.BitAnd(), right):
            return _rule(left, leaf) & _rule(right, leaf)
        case ast.UnaryOp(ast.Invert(), operand):
            return ~_rule(operand, leaf)
        case ast.Name() | ast.Attribute():
            return leaf(_written(node), (), {})
        case ast.Call(ast.Name() | ast.Attribute() as name, args, keywords):
            settings = {one.arg: _value(one.value) for one in keywords if one.arg is not None}
            if len(settings) == len(keywords):
                return leaf(_written(name), tuple(map(_value, args)), settings)
    raise SettingError(f"{_written(node)!r} is no rule; {_REMEDY}")


def _value(node: ast.expr) -> Any:
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = _written(node)
        return _NUMBERS.get(name, name)
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(one) for one in node.elts]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
        return -_NUMBERS.get(node.operand.id, float("nan"))
    try:
        value = ast.literal_eval(node)
    except ValueError:
        raise SettingError(
            f"{_written(node)!r} is no plain value; give numbers, texts, lists, True, False or None"
        ) from None
    return value.replace(_COLON, ":") if isinstance(value, str) else value


def _written(node: ast.expr) -> str:
    return ast.unparse(node).replace(_COLON, ":")
