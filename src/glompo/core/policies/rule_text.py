"""Combinations of rules as text, for configuration files: ``"(1 & 2) | ~3"`` over a list of rules.

The grammar, loosest first; a number n stands for the n-th rule of the list, counted from 1::

    either = both { "|" both }
    both   = single { "&" single }
    single = "~" single | "(" either ")" | number

So ``~`` binds tighter than ``&`` and ``&`` tighter than ``|``, as in Python, and the result is what the same
expression over the rules would give in Python.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence

from glompo.core.policies.rule import Rule
from glompo.errors import SettingError, SettingTypeError

DEEPEST = 100
"""Parentheses and negations inside one another, beyond which a text is refused."""

_TOKEN = re.compile(r"\s*(?:([0-9]+)|([&|~()]))")
_END = ""


def combine(text: str, rules: Sequence[Rule]) -> Rule:
    """Return the combination of `rules` that `text` describes.

    A rule may be used more than once. One that is not used is an error, since it would be forgotten silently.

    Parameters
    ----------
    text : str
        Numbers of rules, counted from 1, joined by ``&``, ``|``, ``~`` and parentheses.
    rules : sequence of Rule
        What the numbers stand for.

    Raises
    ------
    SettingError
        If the text cannot be read (the message points at the place) or leaves a rule out.
    SettingTypeError
        If `text` is no text or `rules` holds something else than rules.
    """
    if not isinstance(text, str):
        raise SettingTypeError(f"the combination of rules is {text!r}; give a text such as '(1 & 2) | 3'")
    for number, rule in enumerate(rules, 1):
        if not isinstance(rule, Rule):
            raise SettingTypeError(f"rule {number} is {rule!r}; it must be a stopper or an exit condition")
    reader = _Reader(text, rules)
    result = reader.either(0)
    if reader.token != _END:
        raise reader.complaint(f"unexpected {reader.token!r}")
    forgotten = [f"{n} ({rule})" for n, rule in enumerate(rules, 1) if n not in reader.used]
    if forgotten:
        raise SettingError(
            f"the combination {text!r} leaves out rule {', '.join(forgotten)}; use it or take it off the list"
        )
    return result


class _Reader:
    """A text with a finger on the present token."""

    def __init__(self, text: str, rules: Sequence[Rule]) -> None:
        self._text = text
        self._rules = rules
        self._next = 0
        self._place = 0
        self.token = _END
        self.used: set[int] = set()
        self._advance()

    def either(self, depth: int) -> Rule:
        return self._joined("|", operator.or_, self._both, depth)

    def _both(self, depth: int) -> Rule:
        return self._joined("&", operator.and_, self._single, depth)

    def _joined(self, word: str, join: Callable[[Rule, Rule], Rule], part: Callable[[int], Rule], depth: int) -> Rule:
        rule = part(depth)
        while self.token == word:
            self._advance()
            rule = join(rule, part(depth))
        return rule

    def _single(self, depth: int) -> Rule:
        if depth > DEEPEST:
            raise self.complaint(f"nested deeper than {DEEPEST}")
        if self.token == "~":
            self._advance()
            return ~self._single(depth + 1)
        if self.token == "(":
            return self._enclosed(depth)
        if self.token.isdecimal():
            return self._leaf()
        raise self.complaint(f"unexpected {self.token!r}" if self.token else "the text ends too early")

    def _enclosed(self, depth: int) -> Rule:
        opened = self._place
        self._advance()
        rule = self.either(depth + 1)
        if self.token != ")":
            self._place = opened if self.token == _END else self._place
            raise self.complaint("this '(' is never closed" if self.token == _END else f"unexpected {self.token!r}")
        self._advance()
        return rule

    def _leaf(self) -> Rule:
        number = int(self.token) if len(self.token) <= 9 else 0
        if not 1 <= number <= len(self._rules):
            raise self.complaint(f"there is no rule {self.token}: the list holds {len(self._rules)}, counted from 1")
        self.used.add(number)
        self._advance()
        return self._rules[number - 1]

    def _advance(self) -> None:
        found = _TOKEN.match(self._text, self._next)
        if found is None:
            rest = self._text[self._next :]
            self._place = self._next + len(rest) - len(rest.lstrip())
            if rest.strip():
                raise self.complaint(f"unexpected {rest.strip()[0]!r}")
            self.token = _END
            return
        self.token = found[1] or found[2]
        self._place, self._next = found.start(found.lastindex or 0), found.end()

    def complaint(self, what: str) -> SettingError:
        """Return an error that points at the present token."""
        shown = self._text.replace("\n", " ").replace("\t", " ")
        return SettingError(
            f"the combination of rules cannot be read: {what} at position {self._place + 1}\n"
            f"    {shown}\n    {' ' * self._place}^\n"
            "write numbers of rules joined by &, |, ~ and parentheses, such as (1 & 2) | ~3"
        )
