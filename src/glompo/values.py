"""What is a number, and what only converts to one.

``float`` and numpy take more than numbers: text, the bytes of a buffer, the value below a mask, the ticks of a time,
the real part of a complex number. None of these was meant as a number by the task. Here, and only here, it
is decided what is taken; it holds for what tasks return and for points and bounds that users give.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBERS = "fiub"
"""Kinds of numpy types that are numbers; a truth value counts as 0 or 1, as everywhere in Python."""

PLAIN = "fiu"


def real(raw: Any) -> float:
    """Return a number, or an array that holds one, as a float.

    Raises
    ------
    TypeError
        If it is none: text, None, a complex number, a time, a masked value.
    ValueError
        If it is an array that holds another number of values than one.
    OverflowError
        If it is a whole number beyond all floats. Whatever a conversion of the user's raises goes through as well.
    """
    if type(raw) is float:
        return raw
    if isinstance(raw, np.ndarray):
        if raw.size != 1:
            raise ValueError(f"an array of shape {raw.shape}, which is not one number")
        return _only(raw)
    if isinstance(raw, np.generic) and raw.dtype.kind not in NUMBERS:
        raise TypeError(f"{type(raw).__name__}, which is not a real number")
    if not (hasattr(type(raw), "__float__") or hasattr(type(raw), "__index__")):  # or float() would read a text
        raise TypeError(f"{type(raw).__name__}, which is not a real number")
    return float(raw)


def reals(given: Any) -> NDArray[np.float64]:
    """Return numbers, in whatever sequences and arrays, as a new array of the same shape.

    Raises
    ------
    TypeError, ValueError, OverflowError
        As :func:`real` does for one of them; or ValueError if the shape is none.
    """
    if type(given) is np.ndarray and given.dtype.kind in PLAIN:
        return np.array(given, dtype=np.float64)
    if isinstance(given, np.ndarray):
        _refuse_masked(given)
        if given.dtype.kind in NUMBERS:
            return np.array(given, dtype=np.float64)
        if given.dtype.kind != "O":
            raise TypeError(f"{given.dtype}, which is not a type of real numbers")
        return np.array([real(one) for one in given.ravel()], dtype=np.float64).reshape(given.shape)
    if isinstance(given, (list, tuple)):
        return np.array([one if type(one) in (float, int) else reals(one) for one in given], dtype=np.float64)
    if np.isscalar(given) or given is None or not hasattr(type(given), "__len__"):
        return np.array(real(given), dtype=np.float64)
    return reals(np.asarray(given))


def without_masks(extra: Any) -> Any:
    """Return a further value of a task with nan, or None where it holds no numbers, in the place of masked values."""
    if not isinstance(extra, np.ma.MaskedArray):
        return extra
    if not _masked(extra):
        plain = np.asarray(extra)
    elif extra.dtype.kind in NUMBERS:
        plain = np.where(np.ma.getmaskarray(extra), np.nan, np.asarray(extra, dtype=np.float64))
    else:
        plain = np.array(extra, dtype=object)
        plain[np.ma.getmaskarray(extra)] = None
    return plain.tolist() if plain.ndim == 0 or plain.dtype.hasobject else plain


def called(owner: object) -> str:
    """Return what a message calls the owner of a setting: a text as it is, an instance by its class."""
    return owner if isinstance(owner, str) else type(owner).__name__


def brief(value: object, width: int = 60) -> str:
    """Return a value as Python writes it, cut to `width` characters; of an array, its shape."""
    if isinstance(value, np.ma.MaskedArray) and value.size == 1 and value.mask is not np.ma.nomask and value.mask.all():
        return "a masked value"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    try:
        text = repr(value)
    except BaseException as error:  # also KeyboardInterrupt: it is code of the same user
        return f"{type(value).__name__} (repr() raised {type(error).__name__})"
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _only(array: NDArray[Any]) -> float:
    _refuse_masked(array)
    if array.dtype.kind not in NUMBERS + "O":
        raise TypeError(f"{array.dtype}, which is not a type of real numbers")
    return real(array.item()) if array.dtype.kind == "O" else float(array.item())


def _masked(array: NDArray[Any]) -> bool:
    """Return whether one of the values is masked, in numpy's way or in that of others, such as astropy."""
    return bool(np.any(getattr(array, "mask", False)))


def _refuse_masked(array: NDArray[Any]) -> None:
    if array.dtype.names is None and _masked(array):
        raise TypeError(
            "a masked value, which is no number" if array.size == 1 else "masked values, which are no numbers"
        )
