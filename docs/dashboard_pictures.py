"""Makes the pictures of docs/dashboard.md: runs, the dashboard of them, and a browser that looks at it.

Usage: ``python docs/dashboard_pictures.py``; needs chromium and the extras ``dashboard`` and ``test``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"

FINISHED = """
import sys
import glompo
from glompo.problems import Rastrigin

task = Rastrigin(dims=4)
glompo.minimize(
    task, task.bounds, max_evaluations=6000, max_jobs=3, rng=1, working_dir=sys.argv[1], progress=False,
    label="Rastrigin in four dimensions",
)
"""

LIVING = """
import sys
import time
import glompo
from glompo.problems import Rastrigin

task = Rastrigin(dims=4)

def slow(x):
    time.sleep(0.01)
    return task(x)

glompo.minimize(
    slow, task.bounds, max_evaluations=100_000, max_jobs=4, rng=1, working_dir=sys.argv[1], progress=False,
    label="a run that goes on",
)
"""

FITTED = """
import os
import subprocess
import sys
import numpy as np
from pathlib import Path

run = sys.argv[1]
folder = Path(run + "-fit")
folder.mkdir()
noise, rows = np.random.default_rng(1), ["quantity,at,reference,sigma,group"]
for name, height in (("blood", 3.0), ("tissue", 1.5)):
    rows += [f"{name},{t},{height * np.exp(-0.4 * t) + 0.2 + noise.normal(0, 0.05)},0.05,{name}" for t in range(1, 13)]
texts = {
    "data.csv": rows,
    "parameters.csv": ["name,value,lower,upper", "a,1,0,10", "b,1,0,10", "k,1,0,5", "c,0.1,0,1"],
    "decay.py": [
        "import numpy as np",
        "def model(values, wanted):",
        "    tops = {'blood': values['a'], 'tissue': values['b']}",
        "    return {name: tops[name] * np.exp(-values['k'] * t) + values['c'] for name, t in wanted.items()}",
    ],
    "fit.toml": [
        f"working_dir = {run!r}", "label = 'two decays'", "max_evaluations = 3000", "rng = 1", "progress = false",
        "[calibration]", "model = 'decay:model'", "parameters = 'parameters.csv'", "data = 'data.csv'",
        "record_residuals = true",
    ],
}
for name, lines in texts.items():
    (folder / name).write_text(os.linesep.join(lines))
subprocess.run([sys.executable, "-m", "glompo", "run", "fit.toml"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
"""

KILLED = """
import os, signal, sys
import glompo
from glompo.problems import Rosenbrock

task, calls = Rosenbrock(dims=3), 0

def fragile(x):
    global calls
    calls += 1
    if calls == 1500:
        os.kill(os.getpid(), signal.SIGKILL)
    if x[0] > 1.2:
        raise RuntimeError("geometry did not converge")
    return float(task(x))

glompo.minimize(
    fragile, task.bounds, max_evaluations=5000, max_jobs=2, rng=1, working_dir=sys.argv[1], progress=False,
    label="a task that fails",
)
"""

BEGUN = """
import os, signal, sys
import glompo

glompo.minimize(
    lambda x: os.kill(os.getpid(), signal.SIGKILL), [(0.0, 1.0)], max_evaluations=100, max_jobs=1, rng=1,
    working_dir=sys.argv[1], progress=False, label="just begun",
)
"""


@contextmanager
def served(run: Path) -> Iterator[str]:
    """Serve a run and give the address."""
    command = [sys.executable, "-u", "-m", "glompo", "dashboard", str(run), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


@contextmanager
def made(code: str, run: Path, lives: bool) -> Iterator[None]:
    """Make a run by some code; one that lives goes on for 20 seconds before it is looked at."""
    with subprocess.Popen([sys.executable, "-c", code, str(run)]) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(20 if lives else None)
        try:
            yield
        finally:
            process.kill()


def taken(browser: Browser, code: str, name: str, tab: str, dark: bool, folder: Path) -> None:
    """Take a picture of a run that some code makes."""
    run = folder / name
    with made(code, run, code is LIVING), served(run) as url:
        page = browser.new_page(viewport={"width": 1200, "height": 760})
        page.goto(url + ("?theme=dark" if dark else ""))
        page.get_by_text("best value").first.wait_for()
        page.get_by_text(tab, exact=True).click()
        page.wait_for_function("Bokeh.documents[0].is_idle")
        page.wait_for_timeout(1500)  # the picture is painted after the document is idle
        page.screenshot(path=IMAGES / f"dashboard-{name}.png")
        page.close()


def main() -> None:
    """Make all of them."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for code, name, tab, dark in (
            (FINISHED, "light", "Overview", False),
            (FINISHED, "dark", "Trajectories", True),
            (LIVING, "live", "Timeline", False),
            (FITTED, "calibration", "Calibration", False),
            (KILLED, "failed", "Overview", False),
            (BEGUN, "empty", "Overview", True),
        ):
            taken(browser, code, name, tab, dark, Path(folder))


if __name__ == "__main__":
    main()
