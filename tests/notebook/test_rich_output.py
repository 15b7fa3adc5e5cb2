"""What results, histories and progress show in a real kernel."""

import pytest

pytest.importorskip("ipykernel", reason="comes with the extra 'test'")
jupyter_client = pytest.importorskip("jupyter_client", reason="comes with the extra 'test'")

PATIENCE = 60.0

EVIL = "<script>alert(1)</script>"

RUN = f"""
import glompo
from glompo.optimizers import RandomSampling

result = glompo.minimize(lambda x: float(x @ x), [(-5, 5)] * 2, max_evaluations=60, stoppers=(), rng=1, max_jobs=2,
                         working_dir="run", optimizers=RandomSampling, label="{EVIL}", progress=True)
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Return a function that executes a cell in a kernel and returns its messages, by their types."""
    folder = tmp_path_factory.mktemp("notebook")
    manager = jupyter_client.KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)

    def execute(code):
        request, found = client.execute(code), []
        while True:
            message = client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            found.append((message["msg_type"], message["content"]))
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return found

    yield execute
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_progress_is_one_output_that_is_updated_and_results_show_table_and_picture(outputs):
    told = outputs(RUN)
    assert [kind for kind, _ in told if kind == "error"] == []
    opened = [content for kind, content in told if kind == "display_data"]
    updated = [content for kind, content in told if kind == "update_display_data"]
    assert len(opened) == 1
    assert {one["transient"]["display_id"] for one in updated} == {opened[0]["transient"]["display_id"]}
    assert "60 of 60 evaluations" in updated[-1]["data"]["text/html"]
    for shown in ("result", "glompo.load('run')"):
        (page,) = [content["data"]["text/html"] for kind, content in outputs(shown) if kind == "execute_result"]
        assert len(page) <= 150_000
        assert EVIL not in page
        assert "&lt;script&gt;" in page
        assert "data:image/png;base64," in page
        assert "RandomSampling" in page


def test_the_pictures_are_methods_and_a_mistake_names_what_there_is(outputs):
    code = """
figure = result.plot.trajectories(best_only=True)
layout = glompo.load("run").plot.best_so_far(backend="bokeh")
print(type(figure).__name__, type(layout).__name__)
try:
    result.plot.trajectories(backend="bokeh", title="x")
except glompo.errors.SettingError as error:
    print(error)
"""
    printed = "".join(content["text"] for kind, content in outputs(code) if kind == "stream")
    assert printed.splitlines() == [
        "Picture Column",
        "title is for backend='matplotlib'; Bokeh takes against, best_only, yscale",
    ]
