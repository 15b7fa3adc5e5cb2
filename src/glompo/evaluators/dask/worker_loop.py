"""What runs on the workers of a Dask cluster: a task that stays, and makes one call after the other.

Dask takes about ten milliseconds to schedule a task, to run it and to fetch its result. So GloMPO gives it few tasks
that stay, streams, and hands its calls to them through queues of the scheduler, in less than two. A stream holds a
thread of its worker, as an evaluation would: Dask sees how busy the cluster is, and reaches wherever Dask reaches.
"""

from __future__ import annotations

import pickle
from importlib import import_module
from typing import Any, Final
from uuid import uuid4

import cloudpickle

from glompo.safe_text import error_text

UNATTENDED_LIMIT = 60.0
"""Seconds without a call after which a stream ends by itself. It has been told to end long before, unless the process
that made it is gone."""

BEGUN: Final = "begun"
"""First message of a stream: its key, the name of its queue, the address of its worker."""

DONE: Final = "done"
"""Message of a stream that made a call: the name of its queue, the number of the call, and its answer, pickled."""


class CallRefusedError(Exception):
    """A call could not be made over there, or its answer could not be sent; it travels as the answer."""


def run_worker_loop(key: str, answers: str) -> None:
    """Make the calls that arrive until told to end; `answers` is the name of its queue for messages and of an event."""
    dask = import_module("distributed")
    answers_queue = dask.Queue(answers)
    # a new name each time that Dask begins this task: by it the client notices that the worker before was lost
    calls = dask.Queue(f"{key}-{uuid4().hex[:12]}")
    answers_queue.put([BEGUN, key, calls.name, dask.get_worker().address])
    try:
        if not dask.Event(answers).is_set():  # the client has closed, and may not read this message any more
            return
        while (order := calls.get(timeout=UNATTENDED_LIMIT)) is not None:
            number, call = order
            answers_queue.put([DONE, calls.name, number, answer(call)])
    except TimeoutError:
        return
    finally:
        calls.close()
        answers_queue.close()


def answer(packed: bytes) -> bytes:
    """Return what a pickled call gives, pickled."""
    try:
        call, arguments = pickle.loads(packed)
        return _packed(call(*arguments))
    except BaseException as error:  # of what was sent, or of what is to be sent: the task's own are outcomes
        return _packed(CallRefusedError(error_text(error)))


def _packed(content: Any) -> bytes:
    packed: bytes = cloudpickle.dumps(content)
    return packed
