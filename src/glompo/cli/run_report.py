"""``glompo report``: a run of any task as a page; what is told of a calibration stands in `fit_report`."""

from __future__ import annotations

from pathlib import Path

from glompo.calibration import Calibration
from glompo.cli.config import CALIBRATION, read_config
from glompo.cli.fit_report import calibration_of, report_at, reported, require_point
from glompo.errors import GlompoError, SettingTypeError
from glompo.read import History
from glompo.read.history import open_run
from glompo.read.locate import EXPORTS
from glompo.show.html.calibration import calibration_chapters
from glompo.show.html.report import Chapter, write_report
from glompo.storage.directory import DOCUMENT

PAGES = (".html", ".htm")
"""Endings of a file that is a page; other outputs are folders."""

CLASS = f"{Calibration.__module__}:{Calibration.__qualname__}"
"""What a journal calls a calibration that was given as an object."""

UNKNOWN = (
    "The task of this run is a calibration that was given as an object. To have it compared with its data here, name "
    "it: --task module:fit"
)


def run_report(source: Path, at: str, task: str | None, errors: bool, output: Path | None) -> list[str]:
    """Return the lines that ``glompo report`` prints: the report on a calibration, or the path of a page.

    Raises
    ------
    UserError
        If there is no run, or `task` is no calibration.
    StoreError
        If a file cannot be written.
    """
    require_point(at)
    page = output is not None and output.suffix.lower() in PAGES
    with open_run(source) as history:
        fit = _known(source, history, task)
        if fit and not page:
            return reported(source, at, task, errors, output)
        target = output if page else (output or _exports(source)) / "report.html"
        assert target is not None
        return [str(write_report(history, target, _chapters(source, history, fit, at, task, errors)))]


def _exports(source: Path) -> Path:
    return source.parent if source.is_file() else source / EXPORTS


def _known(source: Path, history: History, task: str | None) -> bool:
    """Return whether a calibration can be had; code of the run is imported only where its task has residuals."""
    if task is not None:
        return True
    path = history.run_dir / DOCUMENT
    if source.is_file() or not path.exists():
        return False
    document = read_config(path)
    if CALIBRATION in document:
        return True
    if "residuals" not in (history.opening.settings.get("headers") or ()):
        return False
    try:
        return isinstance(calibration_of(source, None), Calibration)
    except SettingTypeError:  # another task that has residuals
        return False
    except GlompoError:  # its module is not on this machine, which the page says
        return True


def _chapters(source: Path, history: History, fit: bool, at: str, task: str | None, errors: bool) -> list[Chapter]:
    """Return what is told of a calibration; a page is written also where its model cannot be called."""
    if not fit:
        return [Chapter.of_lines("Calibration", [UNKNOWN])] if history.opening.task == CLASS else []
    try:
        return calibration_chapters(report_at(calibration_of(source, task), source, at, errors))
    except GlompoError as error:
        if task is not None:
            raise
        return [Chapter.of_lines("Calibration", [f"no comparison with the data: {error}"])]
