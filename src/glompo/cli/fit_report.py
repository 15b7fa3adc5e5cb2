"""``glompo report``: what a recorded run says of the calibration that was its task."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from glompo.calibration import Calibration, Report
from glompo.cli.calibration import calibration_in
from glompo.cli.config import CALIBRATION, python_path, read_config
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.read import load
from glompo.read.locate import run_directory
from glompo.spec.task import imported
from glompo.storage.directory import DOCUMENT

POINTS = ("x0", "best", "validation")
"""Points of a run that a report can be on."""


def reported(directory: Path, at: str, task: str | None, errors: bool, output: Path | None) -> list[str]:
    """Return the lines that ``glompo report`` prints; with `output` also what it has written.

    Raises
    ------
    UserError
        If there is no run, its task is no calibration, or it has no such point.
    """
    require_point(at)
    fit = calibration_of(directory, task)
    report = report_at(fit, directory, at, errors)
    lines = str(report).splitlines()
    if output is not None:
        lines += [str(path) for path in report.write(output)]
        try:
            from glompo.show.fits import pictures

            lines += [str(path) for path in pictures(report, output)]
        except UserError as error:  # matplotlib is missing, which costs the pictures only
            lines.append(str(error))
    return lines


def require_point(at: str) -> None:
    """Refuse what is no point of a run."""
    if at not in POINTS:
        raise SettingError(f"--at is {at!r}; use one of {', '.join(POINTS)}")


def report_at(fit: Calibration, directory: Path, at: str, errors: bool) -> Report:
    """Return the report on a point of a run, alive or not."""
    run_dir = run_directory(directory)
    result = load(run_dir).result
    trail = result.trail()
    where = f"of the run {run_dir}, {result.nfev} evaluations"
    if at == "x0":
        return fit.report(None, errors=errors, trail=trail, point=f"the values in the table, before {where[3:]}")
    best = f"evaluation {trail[-1][0]}, the best point," if trail else "the best point"
    report = fit.report(result, errors=errors and at == "best", trail=trail, point=f"{best} {where}")
    if at == "best":
        return report
    chosen = report.best_by_validation
    if chosen is None:
        raise SettingError("--at is 'validation', but the data have no rows for validation; give some, or use best")
    point = f"evaluation {chosen.number}, which validation would choose, {where}"
    return fit.report(chosen.x, errors=errors, trail=trail, point=point)


def calibration_of(directory: Path, task: str | None) -> Calibration:
    """Return the calibration that a run was about: from its configuration, or from an import path.

    Raises
    ------
    UserError
        If it is not known, or the task is none.
    """
    run_dir = run_directory(directory).absolute()
    document: dict[str, Any] = read_config(run_dir / DOCUMENT) if (run_dir / DOCUMENT).exists() else {}
    if task is None and not document:
        raise UserError(
            f"{run_dir} holds no {DOCUMENT}: the run was started from Python; name its task, --task module:fit, or "
            "call fit.report(result) there"
        )
    sys.path[:0] = python_path(document, run_dir) if document else [str(Path.cwd())]
    if task is None and CALIBRATION in document:
        return calibration_in(document, run_dir)
    named = task if task is not None else document.get("task")
    found = imported(named, "the task") if isinstance(named, str) else named
    if not isinstance(found, Calibration):
        raise SettingTypeError(f"the task is {found!r:.80}, which is no Calibration; only these have a report")
    return found
