r"""Text of others: to be had although it may refuse to be one, and shown so that it does no harm.

Messages of exceptions, names of classes, tasks, parameters and files come from outside. What user code raises or
returns has a ``__str__`` of its own, which may raise. A terminal obeys control characters, and some characters change
the order of what stands beside them or cannot be seen at all: for display they are written as Python writes them,
``\\x1b``. What is recorded stays as it is; only what is shown goes through :func:`legible`.
"""

from __future__ import annotations

import re

LINE = 500
"""Characters of a text that is shown beside others, beyond which the rest is counted."""

PAGE = 20_000
"""Characters of a text that stands alone, such as an error."""

_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""What Python calls printable although nothing of it can be seen."""

_SUSPECT = re.compile(f"[^\\x20-\\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0377]|[{_UNSEEN}]")


def error_text(error: BaseException) -> str:
    """Return type and message of an error, whatever its message does when it is asked for."""
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException as other:  # also one that raises KeyboardInterrupt: it is code of the same user
        return f"{type(error).__name__} (its message cannot be had: str() raised {type(other).__name__})"


def engine_text(error: BaseException) -> str:
    """Return what an engine says, in one line."""
    return " ".join(error_text(error).split())


def legible(text: object, most: int = LINE) -> str:
    r"""Return a text on one line in which everything can be seen.

    Parameters
    ----------
    text : object
        What is shown; its `str` if it is no text.
    most : int
        Characters at most; of a longer text the beginning is shown, and how much follows.

    Examples
    --------
    >>> legible("\x1b[2Jgone\n")
    '\\x1b[2Jgone\\n'
    >>> legible("abcdef", most=4)
    'abcd... (2 more characters)'
    """
    said = str(text)
    shown = _SUSPECT.sub(_written, said[:most])
    return shown if len(said) <= most else f"{shown}... ({len(said) - most:,} more characters)"


def legible_lines(text: object, most: int = PAGE) -> str:
    """Return a text in whose lines everything can be seen; only the line breaks of a text of ours are kept."""
    said = str(text)
    shown = "\n".join(legible(line, most) for line in said[:most].split("\n"))
    return shown if len(said) <= most else f"{shown}... ({len(said) - most:,} more characters)"


def _written(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable() and not re.match(f"[{_UNSEEN}]", character):
        return character
    code = ord(character)
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    return named or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def writable(text: object) -> str:
    """Return a text that can be written to a file: halves of characters, which UTF-8 does not know, are escaped."""
    said = str(text)
    return said if said.isascii() else said.encode("utf-8", "backslashreplace").decode()
