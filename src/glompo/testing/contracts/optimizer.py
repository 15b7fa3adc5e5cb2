"""The contract of an optimizer as checks, for yours as for ours."""

from __future__ import annotations

from glompo.testing.contracts.optimizer_conversation import ConversationChecks
from glompo.testing.contracts.optimizer_memory import MemoryChecks
from glompo.testing.contracts.optimizer_messages import HearingChecks
from glompo.testing.contracts.optimizer_search import SearchChecks


class OptimizerContract(MemoryChecks, HearingChecks, ConversationChecks, SearchChecks):
    """Checks that an optimizer keeps what GloMPO expects of it.

    Subclass it in a test module and name the optimizer, as a class attribute or as a fixture. Real runs of the real
    engine are made on a virtual clock, and one in threads; nothing is written but a file in a temporary directory.

    Attributes
    ----------
    optimizer : class, instance or tuple
        What is checked, as in :func:`glompo.minimize`: a class; an instance as a template; or ``(class, init kwargs,
        minimize kwargs)``.
    dims : int
        Number of free parameters of the task, 3 by default.
    evaluations : int
        Evaluations of a trial run, 150 by default.
    grace : int
        Evaluations that it may make after `callstop` when it has no manager, and between two looks at its messages;
        200 by default: a large generation.
    tolerance : float
        Part of the distance in value from the start to the minimum that may be left after a trial run; 1 by default:
        any improvement will do.
    deterministic : bool
        Whether the same seed gives the same points, true by default.
    goes_on : bool
        Whether `minimize` of a loaded instance asks for the points that would have come next; checked as well if the
        optimizer declares the capability `resumes`. False by default, when it may do anything.
    patience : float
        Seconds that one run may take before it counts as hanging.

    Examples
    --------
    >>> from glompo.testing import OptimizerContract
    >>> class TestSwarm(OptimizerContract):
    ...     optimizer = "module.Swarm(size=10)"  # the instance itself
    ...     dims = 5
    >>> len(TestSwarm.checks()) > 20
    True
    """
