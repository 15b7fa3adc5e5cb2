"""Evaluations on a cluster that was named in a configuration."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from glompo.evaluators.dask.evaluator import DaskEvaluator
from glompo.evaluators.remote import RemoteOptions


class ClusterEvaluator(DaskEvaluator):
    """Evaluates on a cluster that it disconnects from when it is closed."""

    def __init__(
        self,
        belongings: ExitStack,
        client: Any,
        task: Callable[..., Any] | str,
        detailed: int,
        wait: float,
        terms: RemoteOptions,
    ) -> None:
        with belongings:
            super().__init__(client, task, detailed=detailed, wait=wait, **terms)
            self._belongings = belongings.pop_all()

    def close(self, kill: bool = False) -> None:
        """End the guarded processes, after the evaluations under way unless `kill`; end batch jobs of ours."""
        with self._belongings:
            super().close(kill)
