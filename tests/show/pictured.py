"""Small runs written by hand, as pictures see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glompo.storage.journal import Journal
from glompo.testing.histories import History, history


def run(slots: int = 100) -> History:
    """Return a run that has just begun."""
    return history(bounds=[(0, 1)], slots=slots)


def record(run_dir: Path, written: History) -> Path:
    """Write the journal of a run."""
    with Journal.create(run_dir, durability="none") as journal:
        journal.append(written.events)
    return run_dir


def legend(figure: Any) -> list[str]:
    """Return the entries of the figure's legend."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def line(figure: Any, label: str) -> list[tuple[float, float]]:
    """Return the corners of the line with this label."""
    [found] = [one for one in figure.axes[0].get_lines() if one.get_label() == label]
    return list(zip(*(data.tolist() for data in found.get_data()), strict=True))
