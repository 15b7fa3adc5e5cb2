"""A run that all pages of a dashboard share: it is read once, however many look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from glompo.errors import GlompoError
from glompo.read import Recording
from glompo.show.columns import Activity, Decisions, FitRecord, Layers, Sample, Tables

SLICE = 0.02
"""Seconds for which a run is read at most before pages have their turn again."""


@dataclass(eq=False)
class FollowedRun:
    """A run, and what pictures show of it.

    Parameters
    ----------
    run_dir : Path
        Its working directory.
    tables : Tables or None
        The data of its calibration, if the task is one and they can be read without code of the run.

    Attributes
    ----------
    version : int
        Rises when there is something new.
    error : str
        Why it cannot be read any further; empty if it can.
    """

    run_dir: Path
    tables: Tables | None = None
    version: int = 0
    error: str = ""
    layers: Layers = field(default_factory=Layers)
    activity: Activity = field(default_factory=Activity)
    sample: Sample = field(default_factory=Sample)
    decisions: Decisions = field(default_factory=Decisions)
    fit: FitRecord = field(default_factory=FitRecord)

    def __post_init__(self) -> None:
        collectors = (self.layers, self.activity, self.sample, self.decisions, self.fit)
        self.fit.tables = self.tables
        self.recording = Recording(self.run_dir, *(one.take for one in collectors))

    @property
    def name(self) -> str:
        """What the page calls it."""
        label = self.recording.summary.label if self.recording.begun else ""
        return label or self.run_dir.absolute().name

    def poll(self) -> bool:
        """Read what is new, or a part of it, and return whether more is waiting."""
        writer = self.recording.writer
        try:
            found = self.recording.poll(SLICE)
        except GlompoError as error:
            self.version += str(error) != self.error
            self.error = str(error)
            return False
        if found or writer is not self.recording.writer or self.error:
            self.version, self.error = self.version + 1, ""
        return not self.recording.complete
