"""What runs on the workers of a Dask cluster: a task that stays, and makes one call after the other.

Dask takes about ten milliseconds to schedule a task, to run it and to fetch its result. So GloMPO gives it few tasks
that stay, lanes, and hands its calls to them through queues of the scheduler, in less than two. A lane holds a thread
of its worker, as an evaluation would: Dask sees how busy the cluster is, and reaches wherever Dask reaches.
"""

from __future__ import annotations

import pickle
from importlib import import_module
from typing import Any, Final
from uuid import uuid4

import cloudpickle

from glompo.safe_text import error_text

PATIENCE = 60.0
"""Seconds without a call after which a lane ends by itself. It has been told to leave long before, unless nobody is
there any more to tell it."""

BEGUN: Final = "begun"
"""First word of a lane: its key, the name of its queue, the address of its worker."""

DONE: Final = "done"
"""Word of a lane that made a call: the name of its queue, the number of the call, and what came of it, pickled."""


class Refused:
    """What came of a call that could not be made over there, or whose answer cannot be sent.

    Parameters
    ----------
    why : str
        The error, in one line.
    """

    def __init__(self, why: str) -> None:
        self.why = why


def run_worker_loop(key: str, answers: str) -> None:
    """Make the calls that arrive until told to leave.

    Parameters
    ----------
    key : str
        Of this task.
    answers : str
        Name of the queue for its words, and of the event that tells whether it is wanted.
    """
    dask = import_module("distributed")
    said, calls = dask.Queue(answers), dask.Queue(f"{key}-{uuid4().hex[:12]}")  # new each time that Dask begins it
    said.put([BEGUN, key, calls.name, dask.get_worker().address])
    try:
        if not dask.Event(answers).is_set():  # it was to leave before it had begun, and nobody may have heard it
            return
        while (order := calls.get(timeout=PATIENCE)) is not None:
            number, call = order
            said.put([DONE, calls.name, number, answer(call)])
    except TimeoutError:
        return
    finally:
        calls.close()
        said.close()


def answer(packed: bytes) -> bytes:
    """Return what a pickled call gives, pickled."""
    try:
        call, arguments = pickle.loads(packed)
        return _packed(call(*arguments))
    except BaseException as error:  # of what was sent, or of what is to be sent: the task's own are outcomes
        return _packed(Refused(error_text(error)))


def _packed(said: Any) -> bytes:
    packed: bytes = cloudpickle.dumps(said)
    return packed
