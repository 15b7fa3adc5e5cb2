"""Which colour each optimizer has, whatever paints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from glompo.read import OptimizerRow
from glompo.show.columns import BestColumns

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D31", "#6A51A3")
"""Distinct also for colour-blind readers: six after Okabe and Ito (2008), and two that are darker."""

FAILED = "#C1272D"


def colours_of(rows: Sequence[OptimizerRow]) -> dict[int, int]:
    """Return a colour for each: that of its label, or its own where all have the same label."""
    kinds = list(dict.fromkeys(row.name for row in rows))
    by_kind = len(kinds) > 1
    return {row.opt_id: (kinds.index(row.name) if by_kind else row.opt_id - 1) % len(COLOURS) for row in rows}


def colour_of_each(opts: NDArray[np.int64], colours: Mapping[int, int]) -> NDArray[np.intp]:
    """Return the colours of many points by the numbers of their optimizers, shape (n,)."""
    known, places = np.unique(opts, return_inverse=True)
    return np.array([colours[opt] for opt in known.tolist()], np.intp)[places]


def leader_colours(columns: BestColumns) -> dict[int, str]:
    """Return a colour for each optimizer that led: that of its label, or its own where all have the same label."""
    if len(columns.kinds) > 1:
        return {opt: COLOURS[columns.kinds.index(name) % len(COLOURS)] for opt, name in columns.names.items()}
    own = [(opt - 1) % len(COLOURS) for opt in columns.names]  # unless two of them would look alike
    own = own if len(set(own)) == len(own) else [k % len(COLOURS) for k in range(len(own))]
    return {opt: COLOURS[place] for opt, place in zip(columns.names, own, strict=True)}
