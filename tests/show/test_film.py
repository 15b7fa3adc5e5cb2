"""The film of a run: it grows, it is complete at its end, and it costs what can be seen."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from matplotlib.animation import FFMpegWriter
from PIL import Image, ImageSequence

from glompo.errors import SettingError, UserError
from glompo.show import film
from glompo.storage.journal import Journal
from glompo.testing.histories import history

SMALL = {"seconds": 1, "fps": 4, "size": (5.0, 4.0), "dpi": 60.0}


@pytest.fixture
def run_dir(tmp_path):
    run = history(slots=2)
    run.start("<script>$\\frac$")
    run.evaluate(1, [9.0, 5.0, 7.0, np.nan])
    run.start("Random")
    run.evaluate(2, np.linspace(8.0, 1.0, 30).tolist())
    with Journal.create(tmp_path / "run", durability="none") as journal:
        journal.append(run.events)
    return tmp_path / "run"


def ink(frame):
    """Return how many pixels of each column of the plot are coloured."""
    pixels = np.asarray(frame.convert("RGB")).astype(int)[40:180]
    return (np.ptp(pixels, axis=2) > 40).sum(axis=0)


@pytest.mark.parametrize("against", ["evaluations", "time"])
def test_the_picture_grows_from_left_to_right_and_is_complete_at_the_end(run_dir, tmp_path, against):
    path = film(run_dir, tmp_path / "film.gif", against, title="$x_", **SMALL)
    with Image.open(path) as image:
        frames = [ink(frame.copy()) for frame in ImageSequence.Iterator(image)]
    drawn = [int(frame.sum()) for frame in frames]
    assert drawn == sorted(drawn)
    assert drawn[0] < drawn[-1] / 4
    reach = [np.flatnonzero(frame).max(initial=0) for frame in frames]
    assert reach[0] < reach[1] < reach[-1]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg")
def test_an_mp4_has_the_length_that_was_asked_for(run_dir):
    path = film(run_dir, **SMALL)
    assert path == run_dir / "exports" / "film.mp4"
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(told.stdout) == pytest.approx(3.0, abs=0.3)


def test_without_ffmpeg_it_is_a_gif_and_an_mp4_says_what_is_missing(run_dir, monkeypatch):
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    assert film(run_dir, **SMALL) == run_dir / "exports" / "film.gif"
    with pytest.raises(UserError, match=r"film\.mp4 needs ffmpeg, which is not found; install it, or write a \.gif"):
        film(run_dir, "film.mp4")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 0}, "seconds is 0; give the length"),
        ({"fps": 100}, "fps is 100; give whole frames per second, 1 to 50"),
        ({"path": "film.avi"}, r"film\.avi has no suffix of a film; use one of \.mp4, \.gif"),
        ({"against": "cost"}, "against is 'cost'"),
    ],
)
def test_mistakes_are_refused(run_dir, settings, message):
    with pytest.raises((SettingError, UserError), match=message):
        film(run_dir, **settings)


def test_a_run_without_evaluations_has_no_film(tmp_path):
    run = history()
    run.start("Random")
    with Journal.create(tmp_path / "run", durability="none") as journal:
        journal.append(run.events)
    with pytest.raises(UserError, match="nothing has been evaluated"):
        film(tmp_path / "run")
