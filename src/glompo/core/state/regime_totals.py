"""What the parts of a portfolio have spent and earned."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class RegimeTotals:
    """The sums of one regime. Only the rules of the fold write it.

    Attributes
    ----------
    started : int
        Optimizers ever started.
    calls : int
        Calls of the task that they have made.
    improvements : int
        Batches of theirs that improved the best value of the run.
    best : float
        Their smallest valid value; +inf if they have none.
    waited : int
        Evaluations that others made while they waited for credits, up to their last grants.
    """

    started: int = 0
    calls: int = 0
    improvements: int = 0
    best: float = math.inf
    waited: int = 0
