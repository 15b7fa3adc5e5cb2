"""What a run used of its machine; see :mod:`glompo.events`."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.events.base import Event


@dataclass(frozen=True, slots=True, eq=False)
class Sampled(Event):
    """What the session has used so far, in its `seconds`. No decision looks at it.

    Attributes
    ----------
    seconds : float
        Run time since the session began.
    busy : float
        Seconds that evaluations took, those under way included, over all slots.
    offered : float
        Seconds that slots were there, over all slots.
    cpu : float
        Seconds of processor time that the process of the run, and what it has started on this machine, used.
    memory : int
        Bytes that these processes hold in memory now; what several of them share counts for each. 0 if not known.
    load : float
        Load of the machine over the last minute; nan if not known.
    """

    seconds: float
    busy: float
    offered: float
    cpu: float
    memory: int
    load: float
