"""How fast a journal takes, gives back and checks evaluations, and what one costs on disk.

Usage: ``python benchmarks/storage.py [folder] [seconds per row]``. Use a folder on the disk in question: the numbers
for ``always`` are those of its synchronisation.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from glompo.events import Evaluated
from glompo.storage.journal import Durability, Journal
from glompo.storage.reader import read_events

ROWS = (1, 100, 1000)
DIMENSIONS = 10
MODES: tuple[Durability, ...] = ("none", "batch", "always")


def batch(rows: int, rng: np.random.Generator) -> Evaluated:
    """Return what a worker sends after `rows` evaluations of a task with ten parameters."""
    return Evaluated(
        at=1234.5,
        opt=3,
        k0=100_000,
        X=rng.normal(size=(rows, DIMENSIONS)),
        f=rng.normal(size=rows),
        status=np.zeros(rows, np.uint8),
        seconds=rng.random(rows).astype(np.float32),
        ages=rng.random(rows).astype(np.float32),
    )


def measure(folder: Path, rows: int, durability: Durability, seconds: float) -> list[str]:
    """Append for some seconds as an engine would, then read everything and open it for writing."""
    events = [batch(rows, np.random.default_rng(seed)) for seed in range(64)]
    appends = 0
    with Journal.create(folder, durability=durability) as journal:
        begin = time.perf_counter()
        while (taken := time.perf_counter() - begin) < seconds:
            journal.append([events[appends % 64]])
            journal.tick(time.monotonic())
            appends += 1
    size = sum(path.stat().st_size for path in (folder / "journal").iterdir())
    begin = time.perf_counter()
    read = sum(1 for _ in read_events(folder))
    reading = time.perf_counter() - begin
    begin = time.perf_counter()
    Journal.open(folder, durability="none").close()
    opening = time.perf_counter() - begin
    if read != appends:
        raise SystemExit(f"appended {appends} events and read {read}")
    return [
        durability,
        f"{rows:,}",
        f"{appends / taken:,.0f}",
        f"{appends * rows / taken:,.0f}",
        f"{size / taken / 1e6:,.0f}",
        f"{size / appends / rows:.1f}",
        f"{appends * rows / reading:,.0f}",
        f"{size / opening / 1e6:,.0f}",
    ]


def main() -> None:
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    heads = ["durability", "rows", "appends/s", "evaluations/s", "MB/s", "bytes/evaluation", "read/s", "check MB/s"]
    table = [heads]
    for durability in MODES:
        for rows in ROWS:
            with tempfile.TemporaryDirectory(dir=parent) as folder:
                table.append(measure(Path(folder), rows, durability, seconds))
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    print(f"evaluations of {DIMENSIONS} parameters, {8 * DIMENSIONS + 17} bytes of data each; one event per append\n")
    for row in table:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
