"""A run in a notebook: interrupting the kernel returns the result, and the kernel lives on."""

import time
from pathlib import Path

import pytest

pytest.importorskip("ipykernel", reason="comes with the extra 'test'")
jupyter_client = pytest.importorskip("jupyter_client", reason="comes with the extra 'test'")

PATIENCE = 60.0
"""Seconds after which a test gives up waiting for the kernel."""

RUN = """
import time, glompo

def task(x):
    time.sleep(0.01)
    return float(x @ x)

result = glompo.minimize(task, [(-5, 5)] * 2, max_seconds=600, stoppers=(), rng=1, max_jobs=2, working_dir="run",
                         progress=False)
print(result.status, result.left_by, result.nfev > 20, result.x is not None)
"""


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """Return a client of a fresh kernel that works in an empty directory."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    manager = jupyter_client.KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        client.kernel_info()  # on a busy machine the line above leaves such requests unanswered behind it
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def answers(receive, request):
    """Yield what the kernel says about that request; on a busy machine it still answers earlier ones."""
    while True:
        message = receive(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == request:
            yield message


def printed(client, request, when_it_waits=lambda: None):
    """Return how a cell ended, and what it printed; call `when_it_waits` once, when that is printed."""
    text = ""
    for message in answers(client.get_iopub_msg, request):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            waited, text = "waits" in text, text + message["content"]["text"]
            if "waits" in text and not waited:  # one line may come in two messages
                when_it_waits()
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return next(answers(client.get_shell_msg, request))["content"]["status"], text


def await_run(run_dir, holds):
    """Return when `holds(view)` is true of the run."""
    from glompo.errors import GlompoError
    from glompo.read import load

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if holds(load(run_dir).view):
                return
        except GlompoError:  # there is nothing to read yet
            pass
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def test_interrupting_the_kernel_returns_the_result_and_the_kernel_lives_on(kernel, tmp_path):
    manager, client = kernel
    request = client.execute(RUN)
    await_run(tmp_path / "run", lambda view: view.calls >= 30)
    manager.interrupt_kernel()
    assert printed(client, request) == ("ok", "left SIGINT True True\n")
    assert printed(client, client.execute("print(6 * 7, result.success)")) == ("ok", "42 False\n")

    request = client.execute("import time\nprint('waits', flush=True)\nwhile True: time.sleep(0.1)")
    assert printed(client, request, manager.interrupt_kernel)[0] == "error"  # the kernel's own handler is back


def test_the_cells_of_the_tutorial_show_result_table_and_picture(kernel):
    _, client = kernel
    page = (Path(__file__).parents[2] / "docs" / "tutorial" / "notebook.md").read_text()
    cells = page.partition('title="look_glompo.py"\n')[2].partition("```")[0]
    assert printed(client, client.execute(cells))[0] == "ok"
    shown = {}
    for last in ("result", "frame", "figure"):
        request = client.execute(last)
        for message in answers(client.get_iopub_msg, request):
            if message["msg_type"] in ("execute_result", "display_data"):
                shown[last] = message["content"]["data"]
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
    assert "success: True" in shown["result"]["text/plain"]
    assert "<table" in shown["frame"]["text/html"]
    assert shown["figure"]["image/png"]


HANGS = """
import threading, glompo
from glompo.optimizers import RandomSampling

def task(x):
    if x[0] > 0:
        threading.Event().wait(600)
    return float(x @ x)

result = glompo.minimize(task, [(-5, 5)] * 2, max_seconds=600, stoppers=(), rng=1, max_jobs=2, working_dir="run",
                         progress=False, optimizers=[RandomSampling])
print(result.status, result.left_by, result.x is not None)
"""


def test_interrupting_it_twice_returns_the_result_though_evaluations_hang(kernel, tmp_path):
    manager, client = kernel
    request = client.execute(HANGS)
    await_run(tmp_path / "run", lambda view: view.n_alive == 2 and view.calls > 0)
    manager.interrupt_kernel()
    await_run(tmp_path / "run", lambda view: view.leaving)
    manager.interrupt_kernel()
    assert printed(client, request) == ("ok", "left SIGINT True\n")
    assert printed(client, client.execute("print(6 * 7)")) == ("ok", "42\n")
