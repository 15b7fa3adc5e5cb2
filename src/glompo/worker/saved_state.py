"""The state of an optimizer as bytes, and an optimizer from them.

An optimizer saves itself by its own `checkpoint_save`, whatever it writes. Around that lies an envelope with what only
its worker knows: after how many evaluations it was, how many points of others it had been given, and where its random
stream stood, so that also one that does not save its stream goes on with the same numbers.

Whether a saved state is worth anything cannot be seen from outside: an optimizer whose `minimize` never looks at
`is_restart` is saved and loaded without an error, and then silently begins again. So its promise counts. It promises to
go on if it declares the capability `resumes`, or if it brings a `checkpoint_save` or `checkpoint_load` of its own. One
of ours that does not promise is not asked. Of any other the state is kept, and used as the last resort only, if what it
does after loading can be compared with the record.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from glompo.optimizer import BaseOptimizer
from glompo.safe_text import error_text

STATE_BYTES = 64 * 2**20
"""Size of the largest state that is kept."""

FORM = 1
"""Version of the envelope."""


class NotSavedError(Exception):
    """There is no saved state that can be used, and why."""

    def __init__(self, message: str, failed: bool) -> None:
        super().__init__(message)
        self.failed = failed  # whether a promise was broken


@dataclass(frozen=True, slots=True)
class Envelope:
    """A saved optimizer."""

    opt: int
    k: int  # evaluations that it knew of
    points: int  # better points that it had been given
    promised: bool  # whether it promises to go on
    stream: Mapping[str, Any] | None  # state of its random stream; None if that is no generator of numpy
    content: bytes  # what `checkpoint_save` wrote


def promises(optimizer: BaseOptimizer) -> bool | None:
    """Return whether an optimizer promises to go on from a saved state: yes, no, or None if it says nothing."""
    declared = getattr(getattr(optimizer, "capabilities", None), "resumes", None)
    return True if declared or _saves_itself(type(optimizer)) else declared


def _saves_itself(cls: type) -> bool:
    """Return whether a class outside this library brings a way of its own to save or to load."""
    foreign = [base for base in cls.__mro__ if base.__module__.partition(".")[0] != "glompo"]
    return any(name in vars(base) for base in foreign for name in ("checkpoint_save", "checkpoint_load"))


def packed(optimizer: BaseOptimizer, opt: int, k: int, points: int) -> bytes:
    """Return the state of `optimizer` after `k` of its evaluations and `points` of others.

    Raises
    ------
    NotSavedError
        If it cannot or does not want to be saved, or if its state is too large.
    """
    promised = promises(optimizer)
    if promised is False:
        raise NotSavedError("it does not go on from a saved state, and comes back by replay", failed=False)
    try:
        with TemporaryDirectory(prefix="glompo-state-") as folder:
            path = Path(folder, "state")
            optimizer.checkpoint_save(path)
            if path.stat().st_size > STATE_BYTES:
                raise NotSavedError(f"its state has {path.stat().st_size} bytes, more than {STATE_BYTES}", failed=False)
            content = path.read_bytes()
    except NotSavedError:
        raise
    except Exception as error:
        why = f"checkpoint_save raised {error_text(error)}"
        raise NotSavedError(why, failed=bool(promised)) from error
    stream = optimizer.rng.bit_generator.state if isinstance(optimizer.rng, np.random.Generator) else None
    envelope = Envelope(opt, k, points, bool(promised), stream, content)
    return pickle.dumps((FORM, asdict(envelope)), protocol=pickle.HIGHEST_PROTOCOL)


def opened(data: bytes) -> Envelope:
    """Return what :func:`packed` wrote. It is unpickled: it must come from a run that the user wants to go on.

    Raises
    ------
    NotSavedError
        If it is something else.
    """
    try:
        form, fields = pickle.loads(data)
        if form != FORM:
            raise ValueError(f"form {form}, this version of the library knows {FORM}")
        return Envelope(**fields)
    except Exception as error:
        raise NotSavedError(f"the saved state cannot be read: {error_text(error)}", failed=True) from error


def loaded(cls: type[BaseOptimizer], envelope: Envelope, arguments: Mapping[str, Any]) -> BaseOptimizer:
    """Return the optimizer that was saved; `arguments` are those of its constructor, the manager's included.

    Raises
    ------
    NotSavedError
        If `checkpoint_load` fails.
    """
    try:
        with TemporaryDirectory(prefix="glompo-state-") as folder:
            path = Path(folder, "state")
            path.write_bytes(envelope.content)
            optimizer = cls.checkpoint_load(path, **arguments)
        if not isinstance(optimizer, cls):
            raise TypeError(f"it returned {type(optimizer).__name__}")
    except Exception as error:
        raise NotSavedError(f"checkpoint_load raised {error_text(error)}", failed=True) from error
    optimizer._restored = True
    return optimizer
