"""What all events have in common."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that happened at run time `at` (seconds). Events compare field by field, arrays by content."""

    at: float

    __hash__ = None  # type: ignore[assignment]  # arrays cannot be hashed

    def __eq__(self, other: object) -> bool:
        return _same(self, other)


def _same(one: Event, other: object) -> bool:
    if type(one) is not type(other):
        return False
    return all(_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)
