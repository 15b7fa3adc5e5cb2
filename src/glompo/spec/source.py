"""What the source of a function says, however it is laid out: comments, layout, docstrings, annotations do not count.

The text is that which the code object was compiled from, or none: a file that was edited after its import says nothing
about the code that runs.
"""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

IN_PLACE = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "fill", "insert", "pop"),
        *(
            "popitem",
            "popleft",
            "put",
            "remove",
            "reverse",
            "resize",
            "setdefault",
            "setflags",
            "sort",
            "subtract",
            "update",
        ),
        "write",
    }
)
"""Methods that change what they are called on."""

_PRELUDE = ("RESUME", "COPY_FREE_VARS", "MAKE_CELL", "CACHE", "NOP")
_UNSAID = ("annotation", "returns", "decorator_list", "type_comment", "kind", "ctx", "type_params")


@dataclass(frozen=True, slots=True)
class Source:
    """What the source of one function says.

    Attributes
    ----------
    text : str
        Its syntax tree, without what does not matter.
    changed : frozenset of str
        Names of variables and attributes that it changes in place or assigns to beyond its own scope.
    """

    text: str
    changed: frozenset[str] = field(default_factory=frozenset)


def source_of(code: CodeType) -> Source | None:
    """Return what the source of `code` says; None if there is none, or it is not what was compiled."""
    lines = linecache.getlines(code.co_filename)
    return _read(code, "".join(lines)) if lines else None


def names_used(code: CodeType) -> Iterator[tuple[str, ...]]:
    """Yield the global names that `code` looks up, each with the attributes that are taken of it at once."""
    chain: list[str] = []
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and chain:
            chain.append(str(step.argval))
        elif step.opname not in ("CACHE", "PUSH_NULL"):
            if chain:
                yield tuple(chain)
            chain = [str(step.argval)] if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") else []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from names_used(const)


def names_rebound(code: CodeType) -> Iterator[str]:
    """Yield the names of globals, of variables around it, and of attributes that `code` assigns to."""
    for step in dis.get_instructions(code):
        if step.opname in ("STORE_GLOBAL", "STORE_DEREF", "STORE_ATTR"):
            yield str(step.argval)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from names_rebound(const)


def computed(file: str, name: str) -> str | None:
    """Return the statements with which a module sets a global, if that takes more than writing down numbers.

    What they give may differ from process to process: a time, a path, a part of the environment.
    """
    return _computed("".join(linecache.getlines(file)), name)


@lru_cache(1024)
def _computed(text: str, name: str) -> str | None:
    tree, _ = _parsed(text)
    found = [] if tree is None else [one for one in _at_the_top(tree) if name in _bound(one)]
    if all(isinstance(one, (ast.Assign, ast.AnnAssign)) and not _computes(one) for one in found):
        return None
    return ";".join(map(_said, found))


def _at_the_top(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements that a module runs, also within others, but not those of functions and classes."""
    for one in ast.iter_child_nodes(node):
        if isinstance(one, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            yield one
        elif isinstance(one, (ast.For, ast.With)):
            yield one
            yield from _at_the_top(one)
        elif isinstance(one, (ast.If, ast.Try, ast.While, ast.ExceptHandler)):
            yield from _at_the_top(one)


def _bound(statement: ast.AST) -> set[str]:
    nodes = [statement] if not isinstance(statement, (ast.For, ast.With)) else []
    if isinstance(statement, ast.For):
        nodes = [statement.target]
    elif isinstance(statement, ast.With):
        nodes = [one.optional_vars for one in statement.items if one.optional_vars is not None]
    names = (one for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name))
    return {one.id for one in names if isinstance(one.ctx, ast.Store)}


def _computes(statement: ast.Assign | ast.AnnAssign) -> bool:
    value = statement.value
    return value is not None and any(
        isinstance(one, (ast.Call, ast.Attribute, ast.Subscript, ast.comprehension)) for one in ast.walk(value)
    )


@lru_cache(256)
def _read(code: CodeType, text: str) -> Source | None:
    tree, compiled = _parsed(text)
    if tree is None or compiled is None or not any(_same(code, one) for one in _codes(compiled)):
        return None
    node = _node(code, tree)
    return None if node is None else Source(_said(node), frozenset(_changed(node)))


@lru_cache(32)
def _parsed(text: str) -> tuple[ast.Module | None, CodeType | None]:
    try:
        tree = ast.parse(text)
        return tree, compile(text, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None, None


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _codes(const)


def _same(one: CodeType, other: CodeType) -> bool:
    """Return whether two code objects were compiled from the same lines."""
    if (one.co_name, one.co_firstlineno, one.co_code) != (other.co_name, other.co_firstlineno, other.co_code):
        return False
    return one.co_names == other.co_names and all(map(_same_const, one.co_consts, other.co_consts))


def _same_const(one: object, other: object) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _same(one, other)
    return type(one) is type(other) and repr(one) == repr(other)


def _node(code: CodeType, tree: ast.Module) -> Function | None:
    """Return the definition that `code` was compiled from."""
    if code.co_name != "<lambda>":
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.co_name:
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                if first == code.co_firstlineno:
                    return node
        return None
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno]
    around = [node for node in lambdas if all(_within(step, node.body) for step in dis.get_instructions(code))]
    return min(around, key=lambda node: _span(node.body)[1], default=None)


def _within(step: dis.Instruction, body: ast.expr) -> bool:
    at = step.positions
    if step.opname in _PRELUDE or at is None or at.lineno is None or at.col_offset is None or not at.end_col_offset:
        return True
    begin, end = _span(body)
    return begin <= (at.lineno, at.col_offset) and (at.end_lineno or at.lineno, at.end_col_offset or 0) <= end


def _span(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _said(node: ast.AST, top: bool = True) -> str:
    """Return a tree as text that is the same in each version of Python; the name of the definition does not matter."""
    parts = []
    for name, value in ast.iter_fields(node):
        if name in _UNSAID or value is None or value == [] or (top and name == "name"):
            continue
        if name == "body" and isinstance(value, list):
            value = value[1:] if _is_docstring(value[0]) and not isinstance(node, ast.If) else value
        items = value if isinstance(value, list) else [value]
        told = ",".join(_said(item, top=False) if isinstance(item, ast.AST) else repr(item) for item in items)
        parts.append(f"{name}=[{told}]")
    return f"{type(node).__name__}({' '.join(parts)})"


def _is_docstring(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _changed(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, (ast.Global, ast.Nonlocal)):
            yield from one.names
        elif isinstance(one, (ast.Attribute, ast.Subscript)) and isinstance(one.ctx, (ast.Store, ast.Del)):
            yield from _holder(one)
        elif isinstance(one, ast.AugAssign):
            yield from _holder(one.target)
        elif isinstance(one, ast.Call):
            if isinstance(one.func, ast.Attribute) and one.func.attr in IN_PLACE:
                yield from _holder(one.func.value)
            for keyword in one.keywords:
                if keyword.arg == "out":
                    yield from _holder(keyword.value)


def _holder(node: ast.AST) -> Iterator[str]:
    """Yield the name of the variable or attribute whose value changes."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Name):
        yield node.id
