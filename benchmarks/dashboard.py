"""What the dashboard costs for a long run: to open it, to draw each tab again, to follow, and in memory.

Usage: ``python -m benchmarks.dashboard [evaluations] [optimizers] [updates]``. The run is that of ``reading.py``. Times
are CPU seconds of this process, since other processes may share the machine.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.reading import write
from bokeh.document import Document

from glompo.dashboard.followed import FollowedRun
from glompo.dashboard.page import Page


def memory() -> float:
    """Return the memory that this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def timed(act) -> float:
    begin = time.process_time()
    act()
    return time.process_time() - begin


def load(run: FollowedRun) -> list[float]:
    """Read the whole run and return what each slice cost."""
    slices = []
    more = [True]
    while more[0]:
        slices.append(timed(lambda: more.__setitem__(0, run.poll())))
    return slices


def drawn_again(page: Page, run: FollowedRun, tab: int) -> float:
    page._tabs.active = tab
    page._looks = 9  # also tabs that are drawn less often
    run.version += 1
    return timed(page.draw)


def main() -> None:
    """Print one line for each number."""
    evaluations, optimizers, updates = map(int, sys.argv[1:4] or (1_000_000, 1_000, 1_000))
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "run"), evaluations, optimizers)
        run = FollowedRun(Path(folder, "run"))
        first = timed(run.poll) + timed(lambda: Page(Document(), [run]))
        print(f"first picture, of what was read so far: {first:.2f} s")
        slices = load(run)
        print(f"all {run.layers.count:,} evaluations read: {sum(slices):.2f} s, longest slice {max(slices):.3f} s")
        page = Page(Document(), [run])
        for tab, panel in enumerate(page._tabs.tabs):
            drawn_again(page, run, tab)
            again = sorted(drawn_again(page, run, tab) for _ in range(15))
            print(f"{panel.title:>14}: drawn again in {1e3 * again[7]:.0f} ms")
        before = memory()
        for k in range(updates):
            drawn_again(page, run, k % 4)
        print(f"{updates:,} updates: {before:.0f} MB before, {memory():.0f} MB after")


if __name__ == "__main__":
    main()
