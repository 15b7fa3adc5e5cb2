from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scans

pytest.importorskip("matplotlib", reason="the pictures need it: pip install matplotlib")

import pictures

GEOMETRIES = scans.read()


def comparison(split: str, before: float, after: float) -> pictures.Comparison:
    """ReaxFF is off by a constant but at the minima."""
    chosen = tuple(geometry for geometry in GEOMETRIES if geometry.split == split)
    reference = np.array([geometry.energy for geometry in chosen])
    away = (reference > 0.0).astype(float)
    return pictures.Comparison(chosen, reference + before * away, reference + after * away)


def test_the_error_is_the_root_mean_square() -> None:
    data = comparison("training", 30.0, -2.0)
    assert [data.rmse(data.before, kind) for kind in scans.KINDS] == pytest.approx([30.0] * 3)
    assert [data.rmse(data.after, kind) for kind in scans.KINDS] == pytest.approx([2.0] * 3)


def test_a_curve_goes_through_the_minimum_in_the_order_of_the_displacement() -> None:
    data = comparison("training", 1.0, 1.0)
    for molecule, scan, _ in pictures.CURVES[:-1]:
        displacements = [data.geometries[index].displacement for index in data.of_curve(molecule, scan)]
        assert displacements == sorted(displacements)
        assert 0.0 in displacements
        assert len(displacements) >= 5


@pytest.mark.parametrize(("before", "after"), [(200.0, -3.0), (0.0, 0.0), (-90.0, 50.0)])
def test_the_picture_is_drawn_whatever_the_errors_are(tmp_path: Path, before: float, after: float) -> None:
    path = tmp_path / "energies.png"
    pictures.draw(comparison("training", before, after), comparison("validation", before, after), path)
    assert path.read_bytes().startswith(b"\x89PNG")
