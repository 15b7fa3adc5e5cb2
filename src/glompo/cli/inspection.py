"""``glompo status``, ``plot``, ``export`` and ``minima``: they read a run, alive or not, and never change it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from glompo.read import History, summarize, to_csv, to_decisions, to_optuna, write_evaluations
from glompo.read.decisions import write_decisions
from glompo.read.export import write_csv
from glompo.read.history import open_run
from glompo.read.locate import EXPORTS
from glompo.safe_text import PAGE, legible
from glompo.show import formatting as fmt

STDOUT = "-"
"""Path that means standard output."""


def status_text(run_dir: Path) -> str:
    """Return where a run stands, for people."""
    with open_run(run_dir) as history:
        return _status(run_dir, history)


def _status(run_dir: Path, history: History) -> str:
    summary = summarize(history.view, history.writer)
    pace = f"{fmt.share(summary)}, {fmt.pace(summary.rate)}; {fmt.census(summary)}"
    present = f"{fmt.clock(summary.elapsed)} {fmt.status(summary)}; {pace}"
    result = replace(history.result, run_dir=run_dir)
    lines = [
        fmt.opening(summary),
        *fmt.crowding(summary),
        present,
        *fmt.resources(summary),
        *fmt.failures(summary),
        str(result),
    ]
    if run_dir.is_file():
        lines.insert(0, f"checkpoint {history.view.checkpoints.count} of a run, as it was when that was made")
    return "\n".join(lines)


def status_json(run_dir: Path) -> str:
    """Return where a run stands as JSON; what is not a finite number is null there."""
    with open_run(run_dir) as history:
        facts = plain(summarize(history.view, history.writer))
        result = history.result
    del facts["living"]  # they are among all optimizers
    facts |= {"success": result.success, "run_dir": str(run_dir.absolute()), "optimizers": plain(result.optimizers)}
    facts |= {"params": plain(result.params), "failed": plain(result.failures), "stopped_by": result.stopped_by}
    facts |= {"never_started": plain(result.never_started)}
    return json.dumps(facts, indent=2, allow_nan=False)


def export_evaluations(run_dir: Path, path: str | None, as_csv: bool) -> Path | None:
    """Write the evaluations of a run and return where; None for standard output."""
    if path == STDOUT:
        write_csv(run_dir, sys.stdout)
        return None
    target = run_dir / EXPORTS / "evaluations.csv" if path is None else path
    return to_csv(run_dir, target) if as_csv else write_evaluations(run_dir, target)


def export_decisions(run_dir: Path, path: str) -> Path | None:
    """Write the decisions of a run as JSON lines and return where; None for standard output."""
    if path == STDOUT:
        write_decisions(run_dir, sys.stdout)
        return None
    return to_decisions(run_dir, path)


def export_study(run_dir: Path, storage: str) -> str:
    """Add the evaluations of a run to a study of Optuna and return its name."""
    return to_optuna(run_dir, storage)


def minima_text(run_dir: Path, tol: float, converged: bool, output: Path | None, as_json: bool) -> str:
    """Return the distinct minima of a run as a table or as JSON, or write them as CSV and return the path."""
    with open_run(run_dir) as history:
        minima = history.minima(tol, converged=converged)
    if output is not None:
        return legible(minima.to_csv(output), PAGE)
    return json.dumps(plain(minima), indent=2, allow_nan=False) if as_json else str(minima)


def plain(value: Any) -> Any:
    """Return a projection as what JSON knows; what is not a finite number is None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
