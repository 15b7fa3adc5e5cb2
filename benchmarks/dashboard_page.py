"""What the pages of the dashboard cost in a real browser: the first picture of a long run, and a page that stays open.

Usage: ``python -m benchmarks.dashboard_page first [evaluations] [optimizers] [times]``, or ``... live [minutes]``.
`first` opens pages about the run of ``reading.py`` while its journal is still being read. `live` keeps a page open on a
run that goes on, goes through its tabs, and prints the memory of server and page once a minute. Needs playwright, and a
Chromium in the variable CHROMIUM or at /usr/bin/chromium.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.reading import write
from playwright.sync_api import Page, sync_playwright

TICKS = os.sysconf("SC_CLK_TCK")

DRAWN = (
    "window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].is_idle && Bokeh.documents[0]._all_models.values()"
    ".some(m => m.type === 'ColumnDataSource' && (m.data.x || []).length > 0)"
)
"""Whether the page has a picture."""

LIVE = """
import sys
import time
import glompo
from glompo.optimizers import CMAOptimizer, RandomSampling

def task(x):
    time.sleep(0.005)
    return float(((x - 0.3) ** 2).sum() + 1)

glompo.minimize(
    task, [(-5.0, 5.0)] * 4, optimizers=[CMAOptimizer, RandomSampling(iters=1500)], max_jobs=4,
    max_evaluations=10_000_000, working_dir=sys.argv[1], progress=False, rng=1,
)
"""
TABS = ("Overview", "Trajectories", "Timeline", "Portfolio", "Parameters", "Optimizers", "Decisions", "Control")


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@contextmanager
def opened() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        yield browser.new_page(viewport={"width": 1280, "height": 860})
        browser.close()


def stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process."""
    return sum(map(int, stat(pid)[11:13])) / TICKS


def descendants(pid: int) -> list[int]:
    """Return a process and all that it has started, directly or not."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int(stat(int(path.name))[1])
        except OSError:  # it has ended
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def held(pids: list[int]) -> float:
    """Return the memory of processes in MB; what they share counts once for each."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * resource.getpagesize() / 2**20


def dashboard(run_dir: Path) -> tuple[str, ...]:
    return ("-u", "-m", "glompo", "dashboard", str(run_dir), "--no-browser")


def first(evaluations: int = 1_000_000, optimizers: int = 1_000, times: int = 5) -> None:
    """Print how long it takes until the server is there, and from then on until the first picture."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "run"), evaluations, optimizers)
        seconds = []
        for _ in range(times):
            begin = time.monotonic()
            with started(*dashboard(Path(folder, "run"))) as server, opened() as page:
                assert server.stdout is not None
                url = server.stdout.readline().strip()
                up, spent = time.monotonic() - begin, cpu(server.pid)
                begin = time.monotonic()
                page.goto(url, wait_until="commit")
                page.wait_for_function(DRAWN, polling=20)
                seconds.append((up, spent, time.monotonic() - begin))
        up, spent, drawn = (statistics.median(part) for part in zip(*seconds, strict=True))
        print(f"address after {up:.2f} s ({spent:.2f} s CPU), first picture {drawn:.2f} s after it was opened, ")
        print(f"medians of {times}; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def live(minutes: int = 10) -> None:
    """Print the memory of server and browser while a page is open on a run that goes on."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder, "run")
        with started("-c", LIVE, str(run_dir)):
            while not (run_dir / "journal").exists():
                time.sleep(0.1)
            with started(*dashboard(run_dir)) as server, opened() as page:
                assert server.stdout is not None
                page.goto(server.stdout.readline().strip())
                page.wait_for_function(DRAWN)
                browser = [pid for pid in descendants(os.getpid()) if "chrom" in Path(f"/proc/{pid}/comm").read_text()]
                client = page.context.new_cdp_session(page)
                for minute in range(minutes + 1):
                    client.send("HeapProfiler.collectGarbage")
                    heap = client.send("Runtime.getHeapUsage")["usedSize"] / 2**20
                    shown = page.locator("dl div", has_text="evaluations").inner_text().split("\n")[1].split()[0]
                    print(
                        f"{minute:3} min: server {held([server.pid]):.0f} MB, {cpu(server.pid):.0f} s CPU; "
                        f"heap of the page {heap:.1f} MB, browser {held(browser):.0f} MB; {shown} evaluations shown; "
                        f"load {os.getloadavg()[0]:.1f}",
                        flush=True,
                    )
                    end = time.monotonic() + 60
                    for k in range(10_000):
                        page.locator(f'.bk-tab:text-is("{TABS[k % len(TABS)]}")').click()
                        page.wait_for_timeout(3000)
                        if time.monotonic() > end:
                            break
                    page.locator('.bk-tab:text-is("Overview")').click()


if __name__ == "__main__":
    {"first": first, "live": live}[sys.argv[1]](*map(int, sys.argv[2:]))
