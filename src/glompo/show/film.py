"""The picture of all trajectories as it grows with the run, as a film."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glompo.errors import SettingError, StoreError, UserError
from glompo.read import History, atomic_write
from glompo.read.locate import EXPORTS
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.axis import ScaleKind
from glompo.show.columns import Against, Points, TimeUnit, best_columns
from glompo.show.columns.trajectories import SECONDS
from glompo.show.figure import FAINT, INK, typographic
from glompo.show.plots import Run, loaded, trajectories
from glompo.validation import as_real, as_whole

HELD = 2.0
"""Seconds for which the complete picture stays at the end."""

STRIP = 0.55
"""Inches above the picture, for what has been found so far."""

SUFFIXES = (".mp4", ".gif")


def film(
    run: Run,
    path: str | PathLike[str] | None = None,
    against: Against = "evaluations",
    *,
    seconds: float = 12.0,
    fps: int = 20,
    best_only: bool = False,
    yscale: ScaleKind = "auto",
    title: str = "",
    xunit: TimeUnit = "s",
    size: tuple[float, float] = (10.0, 6.6),
    dpi: float = 100.0,
) -> Path:
    """Write a film of the trajectories as they grow with the run, and return its path.

    The axes are those of the complete picture from the first frame on. Frames are written one by one; how many there
    are, and what each costs, does not depend on the number of evaluations.

    Parameters
    ----------
    run, against, best_only, yscale, xunit
        As for :func:`glompo.show.trajectories`.
    path : path-like, optional
        Where to write; the suffix says whether it is an MP4 or a GIF. By default ``exports/film.mp4`` in the directory
        of the run, or ``film.gif`` where there is no ffmpeg.
    seconds : float
        In how many seconds the run passes. The complete picture stays two seconds longer.
    fps : int
        Frames per second, 50 at most.
    title : str
        Written above the picture; the name of the task by default.
    size : tuple of float
        Width and height in inches.
    dpi : float
        Dots per inch.

    Raises
    ------
    SettingError, SettingTypeError
        If an argument cannot be used.
    UserError
        If there is no run, nothing has been evaluated, or what is needed is not installed.
    StoreError
        If the film cannot be written.
    """
    length, rate = as_real(seconds), as_whole(fps)
    if length is None or not 0 < length <= 3600:
        raise SettingError(f"seconds is {seconds!r}; give the length of the film, above 0 and at most 3600")
    if rate is None or not 1 <= rate <= 50:
        raise SettingError(f"fps is {fps!r}; give whole frames per second, 1 to 50")
    history = loaded(run)
    if not history.view.candidates:
        raise UserError(f"nothing has been evaluated in {history.run_dir} yet, so there is nothing to film")
    picture = trajectories(
        history, None, best_only, against, yscale=yscale, xunit=xunit, size=(size[0], size[1] - STRIP), dpi=dpi
    )  # needs matplotlib, and says so
    target = _target(history, path)
    caption = _Caption(
        title or legible(history.opening.label or history.opening.task.rpartition(":")[2], 80),
        best_columns(history, against, xunit=xunit).incumbent, against, SECONDS[xunit],
    )  # fmt: skip
    frames = _Frames(picture, caption, float(history.view.candidates if against == "evaluations" else _last(picture)))
    shares = np.append(np.linspace(0, 1, max(2, round(length * rate))), np.ones(round(HELD * rate)))
    with atomic_write(target, "give another path") as draft:
        (_write_mp4 if target.suffix.lower() == ".mp4" else _write_gif)(frames, shares, rate, Path(draft))
    return target


def _last(picture: Any) -> float:
    return float(picture.axes[0].dataLim.x1)


def _target(history: History, path: str | PathLike[str] | None) -> Path:
    """Return where the film is written; whether ffmpeg is there decides only where the caller did not."""
    from matplotlib.animation import FFMpegWriter

    there = FFMpegWriter.isAvailable()
    if path is None:
        return history.run_dir / EXPORTS / ("film.mp4" if there else "film.gif")
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise UserError(f"{target} has no suffix of a film; use one of {', '.join(SUFFIXES)}")
    if target.suffix.lower() == ".mp4" and not there:
        raise UserError(f"{target} needs ffmpeg, which is not found; install it, or write a .gif")
    return target


@dataclass(frozen=True, slots=True)
class _Caption:
    """What is written above a frame."""

    title: str
    incumbent: Points
    against: str
    unit: float

    def at(self, place: float) -> str:
        """Return the facts at a place of the horizontal axis."""
        counted = f"{round(place):,} evaluations" if self.against == "evaluations" else fmt.clock(place * self.unit)
        known = int(np.searchsorted(self.incumbent.at, place, "right"))
        if not known:
            return f"{counted} · no value yet"
        return f"{counted} · best {typographic(fmt.value(float(self.incumbent.value[known - 1])))}"


class _Frames:
    """Frames of a film: on the left the complete picture, on the right its empty axes.

    Both are drawn once, so a frame costs as much for a million evaluations as for ten.
    """

    def __init__(self, picture: Any, caption: _Caption, last: float) -> None:
        from matplotlib.figure import Figure

        self._caption, self._last = caption, last
        self._full = _pixels(picture)
        axes = picture.axes[0]
        self._begin, self._end = (float(axes.transData.transform((x, 0.0))[0]) for x in (0.0, last))
        picture.set_layout_engine("none")  # the empty axes must stand where the full ones stood
        for artist in (*axes.lines, *axes.collections, *axes.texts):
            artist.set_visible(False)
        self._empty = _pixels(picture)
        height, width = self._full.shape[0] + round(STRIP * picture.dpi), self._full.shape[1]
        self.figure = Figure((width / picture.dpi, (height - height % 2) / picture.dpi), picture.dpi, facecolor="white")
        strip = STRIP * picture.dpi / height
        left: dict[str, Any] = {"x": 0.012, "va": "center", "parse_math": False}
        self.figure.text(y=1 - 0.3 * strip, s=caption.title, fontsize=13, fontweight="bold", color=INK, **left)
        self._facts = self.figure.text(y=1 - 0.78 * strip, s="", fontsize=10, color=FAINT, **left)
        self._image = self.figure.figimage(self._empty)

    def show(self, share: float) -> None:
        """Put the frame at a share of the run on the figure."""
        column = round(self._begin + share * (self._end - self._begin))
        shown = self._empty.copy()
        revealed = slice(None, None if share >= 1 else column)
        shown[:, revealed] = self._full[:, revealed]
        self._image.set_data(shown)
        self._facts.set_text(self._caption.at(share * self._last))

    def pixels(self) -> NDArray[np.uint8]:
        """Return the present frame, shape (height, width, 3)."""
        return _pixels(self.figure)


def _pixels(figure: Any) -> NDArray[np.uint8]:
    """Return a figure as an image of even width and height, as films need them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[..., :3]
    return drawn[drawn.shape[0] % 2 :, : drawn.shape[1] - drawn.shape[1] % 2].copy()


def _write_mp4(frames: _Frames, shares: NDArray[np.float64], fps: int, target: Path) -> None:
    from matplotlib.animation import FFMpegWriter

    writer = FFMpegWriter(fps=fps, extra_args=["-f", "mp4", "-movflags", "+faststart"])
    try:
        with writer.saving(frames.figure, target, frames.figure.dpi):
            for share in shares.tolist():
                frames.show(share)
                writer.grab_frame()
    except (CalledProcessError, OSError) as error:
        raise StoreError(f"ffmpeg did not write the film: {legible(error)}; write a .gif instead") from error


def _write_gif(frames: _Frames, shares: NDArray[np.float64], fps: int, target: Path) -> None:
    images = _palette_images(frames, shares)
    next(images).save(
        target, format="GIF", save_all=True, append_images=images, duration=round(1000 / fps), loop=0, optimize=False
    )


def _palette_images(frames: _Frames, shares: NDArray[np.float64]) -> Iterator[Any]:
    """Yield the frames in the colours of the last one: an own palette for each would flicker."""
    from PIL import Image

    frames.show(1.0)
    palette = Image.fromarray(frames.pixels()).quantize(128, dither=Image.Dither.NONE)
    for share in shares.tolist():
        frames.show(share)
        yield Image.fromarray(frames.pixels()).quantize(palette=palette, dither=Image.Dither.NONE)
