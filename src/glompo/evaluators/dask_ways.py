"""How Dask is made to treat evaluations: with few retries, and at once."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any
from uuid import uuid4

SchedulerPlugin: Any = import_module("distributed").SchedulerPlugin  # an optional package, which mypy need not find

PAUSE = 0.001
"""Seconds between two messages of a client to its scheduler."""

MARK = "glompo-evaluation"
"""Beginning of the keys of evaluations."""

logger = logging.getLogger("glompo.evaluators.dask")


class FewRetries(SchedulerPlugin):  # type: ignore[misc]  # its type is Any
    """Lets the scheduler give up an evaluation after few lost workers.

    Dask counts for each task how often its worker was lost, and gives it up when the count goes over one number for
    all tasks of the cluster. The counts of evaluations begin higher than 0.

    Parameters
    ----------
    prefix : str
        Beginning of the keys that it is for.
    retries : int
        How often an evaluation is tried again.
    """

    def __init__(self, prefix: str, retries: int) -> None:
        self.name = prefix
        self._prefix = prefix
        self._retries = retries
        self._scheduler: Any = None

    async def start(self, scheduler: Any) -> None:
        """Learn where the counts are."""
        self._scheduler = scheduler

    def transition(self, key: Any, start: str, finish: str, *args: Any, **kwargs: Any) -> None:
        """Raise the count of an evaluation that the scheduler has just taken."""
        if start != "released" or self._scheduler is None or not str(key).startswith(self._prefix):
            return
        task = self._scheduler.tasks.get(key)
        if task is not None and task.suspicious == 0:
            task.suspicious = max(0, self._scheduler.allowed_failures - self._retries)


def limit_retries(client: Any, retries: int) -> str:
    """Tell the scheduler; return how keys of evaluations must begin."""
    prefix = f"{MARK}-{uuid4().hex[:12]}"
    try:
        client.register_plugin(FewRetries(prefix, retries))
    except Exception as error:  # whatever the scheduler refuses it with, such as for want of this package
        logger.warning("Dask's own number of retries applies, since the scheduler refused ours: %s", error)
    return prefix


def send_at_once(client: Any) -> None:
    """Let the client wait less for further calls that it could send in the same message.

    Dask has no setting for its 10 ms, which every evaluation of an optimizer that asks for one after the other pays in
    full. Should a later version keep them elsewhere, evaluations just take longer.
    """
    line: Any = getattr(client, "scheduler_comm", None)
    interval = getattr(line, "interval", None)
    if isinstance(interval, float):
        line.interval = min(interval, PAUSE)
