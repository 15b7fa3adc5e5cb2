"""Policies that want nothing by themselves, and a judgment asked alone."""

from dataclasses import replace

from glompo.allocators import EvenAllocator
from glompo.core.policies.ports import Policies
from glompo.events import Paused, PauseRequested
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.generators import RandomGenerator
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector

WHY = Verdict(True, "a test", "because")
POLICIES = Policies(MaxTotalFunctionCalls(100), CycleSelector(RandomSampling), RandomGenerator(), EvenAllocator())


def answer(judgment, run, **changes):
    """Return what a judgment says of a history by hand, with policies that differ by `changes`."""
    return list(judgment(run.view(), replace(POLICIES, **changes)))


def rest(run, opt, by="freezer"):
    """Let an optimizer rest."""
    run.happen(PauseRequested(run.now, opt, by, WHY))
    run.happen(Paused(run.now, opt, len(run.view()[opt])))
