"""The share of targets reached against evaluations, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from benchmarks.quality.measure import TARGETS
from benchmarks.quality.scores import NO_PEERS, OURS, Row
from numpy.typing import NDArray

POINTS = np.geomspace(1.0, 1000.0, 200)
"""Evaluations per parameter at which the curves are computed."""

GROUPS = {
    "BBOB": ("BBOB f1-f14", "BBOB f15-f24", "MA-BBOB"),
    "classical and noisy functions": ("classical", "classical, rotated", "noisy"),
    "clusters and calibrations": ("Lennard-Jones", "calibration"),
}
LEFT_OUT = "left-out"


def drawn(rows: Mapping[str, list[Row]], path: Path) -> bool:
    """Write the curves of all contestants; say whether there was anything to draw."""
    from matplotlib.figure import Figure

    from glompo.show.colours import COLOURS

    figure = Figure(figsize=(13, 4.6), dpi=100, layout="constrained")
    axes = figure.subplots(1, len(GROUPS), sharey=True)
    names = [
        name for name in rows if name not in NO_PEERS and curve(rows[name], tuple(sum(GROUPS.values(), ()))) is not None
    ]
    for one, (title, members) in zip(axes, GROUPS.items(), strict=True):
        for place, name in enumerate(names):
            shares = curve(rows[name], members)
            if shares is not None:
                ours = name == OURS
                style = "-" if place < len(COLOURS) else "--"
                one.plot(POINTS, shares, style, color=COLOURS[place % len(COLOURS)], lw=3 if ours else 1.3, label=name)
        one.set(xscale="log", title=title, xlabel="evaluations per parameter", ylim=(0, 1))
        one.grid(alpha=0.3)
    axes[0].set_ylabel("share of targets reached")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False, fontsize=9)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path)
    return bool(names)


def curve(rows: list[Row], members: tuple[str, ...]) -> NDArray[np.float64] | None:
    """Return the share reached at each of `POINTS`, the mean of families; None if one of these was not measured.

    Beyond the budget that was measured it is nan.
    """
    means = []
    for family in members:
        own = [row for row in rows if row["family"] == family and row["suite"] == LEFT_OUT]
        if not own:
            return None
        counts = [np.searchsorted(np.array(row["reached"], float), POINTS * row["dims"], "right") for row in own]
        means.append(np.mean(counts, axis=0) / len(TARGETS))
    budget = min(row["budget"] for row in rows if row["family"] in members and row["suite"] == LEFT_OUT)
    return np.where(budget >= POINTS, np.mean(means, axis=0), np.nan)
