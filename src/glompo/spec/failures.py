"""What to do with evaluations that fail, as users write it."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

from glompo.errors import SettingError, SettingTypeError
from glompo.function import FailurePolicy

FORMS = "'penalize', 'penalize(VALUE)', 'worst_seen', 'retry(N)', 'raise', or several of them in a list"


def failure_policy_of(given: Any) -> FailurePolicy:
    """Return the policy that a user described.

    Parameters
    ----------
    given : str or sequence of str
        One or several of ``'penalize'`` (+inf), ``'penalize(1e6)'``, ``'worst_seen'``, ``'retry(2)'`` and
        ``'raise'``.

    Raises
    ------
    SettingError, SettingTypeError
        If it is none of these.
    """
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, (list, tuple)) or not words or not all(isinstance(word, str) for word in words):
        raise SettingTypeError(f"failure_policy is {given!r}; use {FORMS}")
    policy = FailurePolicy()
    for word in words:
        policy = _amended(policy, word)
    return policy


def _amended(policy: FailurePolicy, word: str) -> FailurePolicy:
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*(\S+?)\s*\))?\s*", word)
    name, argument = match.groups() if match else (word, None)
    if name == "penalize":
        return replace(policy, penalty=math.inf if argument is None else _number(word, argument))
    if name == "worst_seen" and argument is None:
        return replace(policy, penalty=None)
    if name == "raise" and argument is None:
        return replace(policy, fatal=True)
    if name == "retry" and argument is not None and argument.isdecimal() and int(argument) > 0:
        return replace(policy, retries=int(argument))
    raise SettingError(f"failure_policy is {word!r}; use {FORMS}")


def _number(word: str, argument: str) -> float:
    try:
        value = float(argument)
    except ValueError:
        value = math.nan
    if math.isnan(value) or value == -math.inf:
        raise SettingError(f"failure_policy is {word!r}; the penalty must be a number")
    return value
