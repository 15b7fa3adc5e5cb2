"""``glompo sensitivity``: on which parameters the recorded values of a run depend."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from glompo.calibration.sensitivity import Sensitivity, hsic, near_best, salib, worth_keeping
from glompo.calibration.tables import written
from glompo.errors import UserError
from glompo.read import load
from glompo.read.locate import run_directory

LEAST = 20
"""Points that are too few to say anything."""


def sensitivity_lines(directory: Path, method: str, near: float, permutations: int, output: Path | None) -> list[str]:
    """Return the lines that ``glompo sensitivity`` prints.

    Raises
    ------
    UserError
        If there is no run, or too little in it; or a setting cannot be used.
    """
    history = load(run_directory(directory))
    rows = list(history.rows())
    kept = [row for row in rows if row.status == "ok" and np.isfinite(row.value)]
    if len(kept) < LEAST:
        raise UserError(
            f"{directory} has {len(kept)} valid evaluations; {LEAST} are too few already, run it for longer"
        )
    X, y = np.array([row.x for row in kept]), np.array([row.value for row in kept])
    names = tuple(history.opening.names or (f"x{i}" for i in range(X.shape[1])))
    free = X.min(axis=0) < X.max(axis=0)
    X, names = X[:, free], tuple(name for name, moves in zip(names, free, strict=True) if moves)
    lines = [f"{len(kept)} evaluations; {len(rows) - len(kept)} that failed or lay outside were dropped"]
    if method == "hsic":
        everywhere = hsic(X, y, names, permutations=permutations)
        best = hsic(X, y, names, target=near_best(y, near), permutations=permutations)
        table = _table([everywhere, best], ["everywhere", f"near (best {100 * near:g} %)"])
        keep = worth_keeping(everywhere, best)
        told = f"keep active: {', '.join(keep)}" if keep else "nothing shows on which parameters the value depends"
        found = [everywhere, best]
    else:
        bounds = list(zip(X.min(axis=0).tolist(), X.max(axis=0).tolist(), strict=True))
        found = [salib(method, X, y, bounds, names)]
        table, told = _table(found, [method]), ""
    if output is not None:
        _write(found, output)
    return lines + table + ([told] if told else []) + ([str(output)] if output is not None else [])


def _table(found: list[Sensitivity], titles: list[str]) -> list[str]:
    names = found[0].order
    width = max(len("parameter"), *map(len, names))
    lines = [f"{'parameter':<{width}}" + "".join(f"  {title:>18}" for title in titles)]
    for name in names:
        cells = []
        for one in found:
            i = one.names.index(name)
            cells.append(f"{one.index[i]:.4f}" + ("" if np.isnan(one.p[i]) else f" (p = {one.p[i]:.2f})"))
        lines.append(f"{name:<{width}}" + "".join(f"  {cell:>18}" for cell in cells))
    return lines


def _write(found: list[Sensitivity], output: Path) -> None:
    columns = ["parameter", *(f"{name}{i or ''}" for i, one in enumerate(found) for name in (one.method, "p"))]
    rows = (
        [name, *(float(value) for one in found for value in (one.index[i], one.p[i]))]
        for i, name in enumerate(found[0].names)
    )
    output.write_text(written(columns, rows), encoding="utf-8")
