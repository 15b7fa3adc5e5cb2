"""Clusters that can be named in a configuration, instead of a Dask client that only Python can make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, Unpack

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.protocol import Evaluator
from glompo.validation import as_real

if TYPE_CHECKING:  # a run without a cluster need not load what clusters take
    from glompo.evaluators.remote import RemoteOptions

DASK = "dask://"
SLURM = "slurm"

FORMS = "'dask://host:port' or 'slurm'"
"""How a cluster is named."""

WAIT = {DASK: 60.0, SLURM: 86400.0}
"""Seconds for which a worker, or a lost scheduler, is awaited: a batch queue takes its time."""


def is_cluster(name: str) -> bool:
    """Return whether a text names a cluster."""
    return name == SLURM or name.startswith(DASK)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as its user named it; nothing is connected or submitted until :meth:`evaluator`."""

    kind: str  # ``"slurm"`` or ``"dask://"``
    address: str  # of the scheduler, ``"host:port"``; empty for Slurm
    settings: Mapping[str, Any]  # what `SLURMCluster` of dask-jobqueue takes, and `jobs`
    # seconds for which a worker is awaited: the first, and the next when all are lost; and so a lost scheduler
    wait: float

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any] | None = None) -> Self:
        """Return the cluster of this name.

        Raises
        ------
        SettingError, SettingTypeError
            Naming what cannot be used, and the remedy.
        """
        if settings is not None and not isinstance(settings, Mapping):
            raise SettingTypeError(f"cluster is {settings!r}; give its settings by name, in TOML as a table [cluster]")
        if not is_cluster(name):
            raise SettingError(f"the cluster is {name!r}; give {FORMS}")
        rest = dict(settings or {})
        kind = SLURM if name == SLURM else DASK
        wait = rest.pop("wait", WAIT[kind])
        seconds = as_real(wait)
        if seconds is None or not seconds > 0:
            raise SettingError(f"wait of the cluster is {wait!r}; give seconds above 0 until the first worker is there")
        address = name.removeprefix(DASK) if kind == DASK else ""
        host, _, port = address.rpartition(":")
        if kind == DASK and not (host and port.isdecimal()):
            raise SettingError(f"the cluster is {name!r}; give host and port of its scheduler, 'dask://host:port'")
        return cls(kind, address, rest, seconds)

    def evaluator(
        self, task: Callable[..., Any] | str, slots: int, detailed: int, **options: Unpack[RemoteOptions]
    ) -> Evaluator:
        """Connect, await the first worker, and return the evaluator; closing it disconnects.

        The guard is always there: a task that crashes must not cost a worker.

        Raises
        ------
        UserError
            If the cluster cannot be had: a package is missing, no scheduler answers, no worker comes in time, or its
            GloMPO is another.
        """
        from glompo.evaluators.dask.connection import batch_jobs, connected, same_everywhere
        from glompo.evaluators.dask.evaluator import ClusterEvaluator

        with ExitStack() as belongings:
            if self.kind == SLURM:
                client = belongings.enter_context(batch_jobs(self.settings, slots, self.wait))
            else:
                client = belongings.enter_context(connected(self.address, self.wait))
            same_everywhere(client)
            options["guard"] = True
            return ClusterEvaluator(belongings.pop_all(), client, task, detailed, self.wait, options)
