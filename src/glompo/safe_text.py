"""Texts of things that may refuse to be one: what user code raises or returns has a ``__str__`` of its own."""

from __future__ import annotations

import numpy as np


def error_text(error: BaseException) -> str:
    """Return type and message of an error, whatever its message does when it is asked for."""
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException as other:  # also one that raises KeyboardInterrupt: it is code of the same user
        return f"{type(error).__name__} (its message cannot be had: str() raised {type(other).__name__})"


def brief(value: object, width: int = 60) -> str:
    """Return a value as Python writes it, cut to `width` characters; of an array, its shape."""
    if isinstance(value, np.ma.MaskedArray) and value.size == 1 and value.mask is not np.ma.nomask and value.mask.all():
        return "a masked value"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    try:
        text = repr(value)
    except BaseException as error:  # as above
        return f"{type(value).__name__} (repr() raised {type(error).__name__})"
    return text if len(text) <= width else f"{text[: width - 3]}..."
