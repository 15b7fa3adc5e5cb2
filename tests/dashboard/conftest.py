"""A run that goes on in a process of its own, the pages of it, and a browser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("bokeh", reason="Bokeh comes with the extra 'dashboard'")

PATIENCE = 90.0

TASK = """
import sys, time
import glompo
from glompo.optimizers import RandomSampling

def task(x):
    time.sleep(0.01)
    return float(x[0] ** 2 + 1)

glompo.minimize(
    task, [(-5.0, 5.0), (0.0, 1.0)], optimizers=RandomSampling(iters=1_000_000), max_jobs=2, max_evaluations=2_000_000,
    working_dir=sys.argv[1], progress=False, rng=1, label="<script>document.title='caught'</script>",
)
"""


def until(true, what):
    """Wait until something is true, and return it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {PATIENCE:g} s")


@contextmanager
def process(*arguments, **settings):
    child = subprocess.Popen([sys.executable, *map(str, arguments)], **settings)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


@contextmanager
def dashboard(*arguments, begins="http://127.0.0.1:"):
    """Serve pages in a process of its own; gives it, and the address."""
    command = ("-m", "glompo", "dashboard", *arguments, "--no-browser")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with process(*command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        url = child.stdout.readline().strip()
        assert url.startswith(begins)
        yield child, url


def calls(run_dir):
    """Return how many evaluations are on record, 0 before there is a run."""
    from glompo.errors import UserError
    from glompo.read import Follower

    try:
        return Follower(run_dir).poll().calls
    except UserError:
        return 0


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("living") / "run"
    with process("-c", TASK, run_dir) as child:
        until(lambda: child.poll() is None and calls(run_dir) > 20, "the first evaluations")
        yield run_dir


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()
