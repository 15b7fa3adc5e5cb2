"""How much of the evaluations stays in memory.

A living optimizer keeps its last rows: some megabytes, less if there are many slots, and never fewer than policies
declare to look at. Those that ended keep theirs while there is room, and the first to end makes room. The rest is
read from the journal when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.box import free_parameters
from glompo.core.evaluations.blocks import Blocks, block_size, longest_half
from glompo.core.evaluations.columns import row_type
from glompo.core.evaluations.trajectory import Trajectory
from glompo.core.state.optimizer_state import OptimizerState

LIVING_BYTES = 4 * 2**20
"""Rows of one living optimizer, about."""

ALL_LIVING_BYTES = 32 * 2**20
"""Rows of all living optimizers, about, if each has one slot."""

RETIRED_BYTES = 16 * 2**20
"""Rows of all optimizers that ended."""

FEWEST_ROWS = 1000
"""Rows that a living optimizer keeps, however many slots there are."""


@dataclass(slots=True)
class Retention:
    """Decides how many rows each optimizer keeps.

    Attributes
    ----------
    look_back : int
        Rows that a policy declares to look at.
    held : dict of int to int
        Bytes of each optimizer that ended and has not forgotten its rows, in the order in which they ended.
    total : int
        Bytes of all of these.
    """

    look_back: int = 0
    held: dict[int, int] = field(default_factory=dict)
    total: int = 0

    def rows(self, dims: int, slots: int) -> int:
        """Return how many of its last rows a living optimizer keeps in a run of `dims` parameters and `slots` slots."""
        room = min(LIVING_BYTES, ALL_LIVING_BYTES // max(1, slots))
        return max(room // row_type(dims).itemsize, FEWEST_ROWS, self.look_back)

    def trajectory(self, config: Mapping[str, Any], bounds: NDArray[np.float64], slots: int) -> Trajectory:
        """Return the empty trajectory of an optimizer with settings `config`."""
        free = free_parameters(bounds)
        blocks = Blocks(block_size(config, free), 2 * longest_half(free) + 1)
        return Trajectory(len(bounds), self.rows(len(bounds), slots), blocks)

    def retire(self, opt: int, optimizers: Mapping[int, OptimizerState]) -> None:
        """Keep the rows of an optimizer that ended as long as there is room; the first to end makes room."""
        optimizers[opt].trajectory.shrink()
        self.held[opt] = optimizers[opt].trajectory.nbytes
        self.total += self.held[opt]
        while self.total > RETIRED_BYTES:
            first = next(iter(self.held))
            self.recall(first)
            optimizers[first].trajectory.forget()

    def recall(self, opt: int) -> None:
        """Leave an optimizer out of this: it lives again, or has forgotten its rows."""
        self.total -= self.held.pop(opt, 0)
