"""The picture of a fit: reference energies against ReaxFF before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import scans
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scans import Geometry

Energies = NDArray[np.float64]

BEFORE, AFTER, REFERENCE = "#b9b3a9", "#1b6ca8", "#222222"
SMALLEST, LARGEST = 0.5, 120.0  # kcal/mol, axis of the errors
TITLES = {"bond": "Bond stretches", "angle": "Angle bends", "torsion": "Torsions"}
CURVES = (
    ("methanol", "C0-O1", "Methanol: C–O distance"),
    ("ethane", "C0-C1", "Ethane: C–C distance"),
    ("ethanol", "C0-C1-O2", "Ethanol: C–C–O angle"),
    ("formic acid", "O1-C0-O2-H4", "Formic acid: O–C–O–H torsion"),
    ("glycolaldehyde", "C2-O4", "Glycolaldehyde: C–O distance"),
)
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "axes.labelcolor": "#333333",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Energies of one set of geometries, all in kcal/mol above each molecule's minimum.

    Attributes
    ----------
    geometries
        The geometries with their reference energies.
    before, after
        ReaxFF energies with the force field as shipped and as fitted, one per geometry.
    """

    geometries: tuple[Geometry, ...]
    before: Energies
    after: Energies

    def reference(self) -> Energies:
        """Return the reference energies."""
        return np.array([geometry.energy for geometry in self.geometries])

    def of_kind(self, kind: str) -> NDArray[np.bool_]:
        """Return which geometries belong to scans of one kind."""
        return np.array([geometry.kind == kind for geometry in self.geometries])

    def of_curve(self, molecule: str, scan: str) -> NDArray[np.intp]:
        """Return the geometries of one scan and the minimum, in the order of the displacement."""
        wanted = [
            index
            for index, geometry in enumerate(self.geometries)
            if geometry.molecule == molecule and geometry.scan in (scan, "-")
        ]
        return np.array(sorted(wanted, key=lambda index: self.geometries[index].displacement), dtype=np.intp)

    def rmse(self, energies: Energies, kind: str) -> float:
        """Return the root mean square of energies - reference in kcal/mol for scans of one kind."""
        chosen = self.of_kind(kind)
        return float(np.sqrt(np.mean((energies - self.reference())[chosen] ** 2)))


def draw(training: Comparison, validation: Comparison, path: Path) -> None:
    """Draw parity plots, errors and a few scans, and write them to a PNG file."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(14.0, 7.6), layout="constrained", dpi=120)
        grid = figure.add_gridspec(2, 1)
        above, below = figure.add_subfigure(grid[0, 0]), figure.add_subfigure(grid[1, 0])
        *parities, errors = above.subplots(1, 4, width_ratios=(1.0, 1.0, 1.0, 1.1))
        for axes, kind in zip(parities, scans.KINDS, strict=True):
            _parity(axes, training, kind)
        parities[0].set_ylabel("ReaxFF (kcal/mol)")
        _errors(errors, training, validation)
        curves = below.subplots(1, len(CURVES))
        for axes, (molecule, scan, title) in zip(curves, CURVES, strict=True):
            held_out = any(geometry.molecule == molecule for geometry in validation.geometries)
            _curve(axes, validation if held_out else training, (molecule, scan), title)
            if held_out:
                axes.text(0.5, 0.97, "not in the fit", transform=axes.transAxes, ha="center", va="top", style="italic")
        curves[0].set_ylabel("energy above the minimum (kcal/mol)")
        _legend(figure)
        figure.savefig(path)


def _parity(axes: Axes, data: Comparison, kind: str) -> None:
    chosen = data.of_kind(kind)
    reference, before, after = data.reference()[chosen], data.before[chosen], data.after[chosen]
    highest, lowest = max(float(reference.max()), float(after.max())), min(0.0, float(after.min()))
    margin = 0.08 * (highest - lowest)
    low, high = lowest - 3 * margin, highest + margin
    axes.plot((low, high), (low, high), color=REFERENCE, linewidth=0.8, zorder=1)
    inside = (before > low) & (before < high)
    axes.scatter(reference[inside], before[inside], s=20, color=BEFORE, edgecolor="white", linewidth=0.4, zorder=2)
    axes.scatter(reference, after, s=22, color=AFTER, edgecolor="white", linewidth=0.4, zorder=3)
    for marker, edge, beyond in (("^", high, before >= high), ("v", low, before <= low)):
        places = np.full(int(beyond.sum()), edge)
        axes.scatter(reference[beyond], places, s=20, color=BEFORE, marker=marker, clip_on=False, zorder=2)
    axes.set_xlim(-0.03 * float(reference.max()), 1.06 * float(reference.max()))
    axes.set_ylim(low, high)
    axes.locator_params(nbins=6)
    axes.set_title(TITLES[kind])
    axes.set_xlabel("GFN2-xTB (kcal/mol)")
    if not inside.all():
        axes.text(0.98, 0.03, "▲▼ beyond the axis", transform=axes.transAxes, ha="right", color="#8a8378")


def _errors(axes: Axes, training: Comparison, validation: Comparison) -> None:
    rows = [(data, kind) for data in (training, validation) for kind in scans.KINDS]
    places = np.array([0.0, 1.0, 2.0, 3.6, 4.6, 5.6])
    for (data, kind), place in zip(rows, places, strict=True):
        before, after = data.rmse(data.before, kind), data.rmse(data.after, kind)
        axes.barh(place - 0.19, max(before, SMALLEST), height=0.36, color=BEFORE)
        axes.barh(place + 0.19, max(after, SMALLEST), height=0.36, color=AFTER)
        axes.text(max(before, SMALLEST) * 1.06, place - 0.19, f"{before:.1f}", va="center", fontsize=8, color="#6f695f")
        axes.text(max(after, SMALLEST) * 1.06, place + 0.19, f"{after:.1f}", va="center", fontsize=8, color=AFTER)
    axes.set_yticks(places, [kind for _, kind in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    axes.set_xlim(SMALLEST, LARGEST)
    axes.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
    axes.minorticks_off()
    axes.set_ylim(6.2, -1.0)
    axes.text(1.06 * SMALLEST, -0.65, "fitted molecules", style="italic")
    axes.text(1.06 * SMALLEST, 2.95, "molecules not in the fit", style="italic")
    axes.set_title("Root-mean-square error")
    axes.set_xlabel("kcal/mol")


def _curve(axes: Axes, data: Comparison, which: tuple[str, str], title: str) -> None:
    order = data.of_curve(*which)
    points = [data.geometries[index] for index in order]
    along = np.array([point.displacement for point in points])
    reference = data.reference()[order]
    axes.axhline(0.0, color="#dddddd", linewidth=0.8, zorder=0)
    axes.plot(along, data.before[order], "--", marker="o", markersize=3, color=BEFORE, linewidth=1.6)
    axes.plot(along, data.after[order], "-", marker="o", markersize=3.5, color=AFTER, linewidth=1.8)
    axes.plot(along, reference, "o", markersize=5, markerfacecolor="none", color=REFERENCE, zorder=4)
    top = max(float(reference.max()), float(data.after[order].max()))
    bottom = min(0.0, float(data.after[order].min()), float(max(data.before[order].min(), -0.5 * top)))
    margin = 0.08 * (top - bottom)
    axes.set_ylim(bottom - margin, top + 3 * margin)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("displacement (Å)" if points[-1].kind == "bond" else "displacement (degrees)")


def _legend(figure: Figure) -> None:
    handles = [
        mpl.lines.Line2D([], [], marker="o", linestyle="", markerfacecolor="none", color=REFERENCE),
        mpl.lines.Line2D([], [], marker="o", linestyle="--", color=BEFORE),
        mpl.lines.Line2D([], [], marker="o", linestyle="-", color=AFTER),
    ]
    labels = ["GFN2-xTB (reference)", "ReaxFF as shipped", "ReaxFF fitted"]
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=10)
