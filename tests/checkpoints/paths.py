"""What runs did, read from their journals, and optimizers to save."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from glompo import BaseOptimizer, MinimizeResult
from glompo.events import Evaluated, Event
from glompo.storage.reader import read_events

BOX = [(-5.0, 5.0)] * 3


def evaluated(run_dir: str | Path) -> dict[int, tuple[list[Any], list[float]]]:
    """Return the points and values of each optimizer."""
    found: dict[int, tuple[list[Any], list[float]]] = {}
    for event in read_events(Path(run_dir)):
        if isinstance(event, Evaluated):
            X, f = found.setdefault(event.opt, ([], []))
            X.extend(event.X.tolist())
            f.extend(event.f.tolist())
    return dict(sorted(found.items()))


def those(run_dir: str | Path, *kinds: type[Event]) -> list[Any]:
    """Return the events of these kinds."""
    return [event for event in read_events(Path(run_dir)) if isinstance(event, kinds)]


def states_lie_in(run_dir: str | Path) -> set[str]:
    """Return the names of the saved states that are there."""
    return {path.name for path in Path(run_dir, "blobs").glob("??/*")}


class Walk(BaseOptimizer):
    """A random walk around its best point in the documented style, without a word about saving."""

    def __init__(self, sigma: float = 0.2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sigma = sigma
        self.over = False

    def minimize(self, function, x0, bounds):
        low, high = np.array(bounds).T
        self.begin(function, x0)
        while not self.over:
            x = self.incumbent["x"] + self.sigma * (high - low) * self.rng.standard_normal(len(low))
            x = np.clip(x, low, high)
            fx = function(x)
            better = fx < self.incumbent["fx"]
            self.sigma *= 1.2 if better else 0.97
            if better:
                self.incumbent = {"x": x, "fx": fx}
            self.check_messages()
            self._pause_signal.wait()
        return MinimizeResult(**self.incumbent)

    def begin(self, function, x0):
        self.incumbent = {"x": np.array(x0), "fx": function(x0)}

    def callstop(self, reason=""):
        self.over = True


class Continued(Walk):
    """It looks whether it was loaded, and saves itself by the inherited method."""

    def begin(self, function, x0):
        if not self.is_restart:
            super().begin(function, x0)
        self.over = False


class Promised(Continued):
    """It says so as well, by a method of its own."""

    def checkpoint_save(self, path, force=None, block=None):
        super().checkpoint_save(path, force, {"over", *(block or ())})
