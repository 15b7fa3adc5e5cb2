"""What a user sees and does in a real browser, on a run that really goes on."""

from __future__ import annotations

import csv
import http.client
import re
import socket
import subprocess
from urllib.parse import urlsplit

import pytest

from glompo import control, minimize
from glompo.cli.token_file import kept_token
from glompo.dashboard.server import Dashboard
from glompo.errors import TaskFailedError, UserError
from glompo.events import Asked, StopRequested
from glompo.optimizers import RandomSampling
from glompo.problems import Rastrigin
from glompo.read import load
from glompo.show.bokeh.theme import THEMES
from glompo.storage.journal import Journal
from glompo.testing.histories import history

from .conftest import dashboard, process, until

DARK = "rgb({}, {}, {})".format(*bytes.fromhex(THEMES["dark"].page.removeprefix("#")))


@pytest.fixture(scope="module")
def address(living):
    with dashboard(living) as (_, url):
        yield url


def evaluations(page):
    """Return how many evaluations the page shows."""
    said = page.locator("dl div", has_text="evaluations").inner_text()
    return int(re.search(r"([\d,]+)\s+of", said)[1].replace(",", ""))


def drawn(page):
    """Return where the curve of the best value ends, as the page has it."""
    return page.evaluate(
        "Math.max(0, ...Bokeh.documents[0]._all_models.values().filter(m => m.type === 'ColumnDataSource')"
        ".map(m => m.data).filter(d => 'x' in d && 'y' in d).map(d => d.x.length ? d.x[d.x.length - 1] : 0))"
    )


def test_the_curve_of_a_living_run_moves(page, address):
    page.goto(address)
    page.get_by_text("running").first.wait_for()
    before, curve = evaluations(page), until(lambda: drawn(page), "a curve")
    until(lambda: evaluations(page) > before, "a larger number of evaluations")
    until(lambda: drawn(page) > curve, "a longer curve")


def test_text_of_the_run_is_text(page, address):
    page.goto(address)
    page.get_by_role("cell", name="<script>document.title='caught'</script>").wait_for()
    assert page.title() == "GloMPO"


def test_an_optimizer_is_stopped_once_that_is_confirmed_and_the_journal_says_who_asked(page, address, living):
    page.goto(address)
    page.get_by_text("Control", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).click()
    question = page.get_by_text(re.compile(r"Stop optimizer \d+ "))
    question.wait_for()
    opt = int(re.search(r"optimizer (\d+)", question.inner_text())[1])
    assert not [event for event in load(living).events if isinstance(event, Asked)]
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("The run has taken the request").wait_for()
    [asked] = [event for event in load(living).events if isinstance(event, Asked)]
    assert (asked.what, asked.opt) == ("stop", opt)
    assert "@" in asked.who
    stops = until(lambda: [one for one in load(living).events if isinstance(one, StopRequested)], "the stop")
    assert (stops[0].opt, stops[0].by) == (opt, "user")
    page.get_by_text("Decisions", exact=True).click()
    newer = page.get_by_role("button", name="Show what is new")  # if the page came before the server had read of it

    def shown():
        if newer.count():
            newer.click()
        return page.get_by_role("cell", name=asked.who).count()

    assert until(shown, "the entry")


def test_decisions_stand_still_while_they_are_read_and_are_the_newest_on_return(page, address, living):
    page.goto(address)
    page.get_by_text("Decisions", exact=True).click()
    entries = page.get_by_text(re.compile("^Decisions and log"))
    entries.wait_for()
    before = entries.inner_text()
    control(living).checkpoint()
    page.get_by_role("button", name="Show what is new").wait_for()
    assert entries.inner_text() == before
    page.get_by_text("Overview", exact=True).click()
    page.get_by_text("Decisions", exact=True).click()
    until(lambda: entries.inner_text() != before, "a longer list")


def test_a_point_is_injected_once_that_is_confirmed(page, address, living):
    page.goto(address)
    page.get_by_text("Control", exact=True).click()
    field = page.get_by_label(re.compile("^Point"))
    field.fill("0.25 1e9")
    page.get_by_role("button", name="Inject", exact=True).click()
    page.get_by_text("outside the bounds").wait_for()
    field.fill("0.25 0.5")
    page.get_by_role("button", name="Inject", exact=True).click()
    page.get_by_text("Evaluate the point x0 = 0.25, x1 = 0.5?").wait_for()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("The run has taken the request").wait_for()

    def evaluated():
        view = load(living).view
        return [one.best_x.tolist() for one in view if one.injected_by and len(one)]

    assert until(evaluated, "the evaluation") == [[0.25, 0.5]]


FIT = """
max_evaluations = 60
rng = 1
working_dir = "run"
progress = false
[calibration]
model = "line:model"
parameters = "parameters.csv"
data = "data.csv"
record_residuals = true
"""


def test_a_calibration_has_its_pictures_and_its_model_is_not_called(page, living, tmp_path):
    (tmp_path / "line.py").write_text("def model(values, wanted):\n    return {'y': values['slope'] * wanted['y']}\n")
    rows = "\n".join(f"y,{t},{2 * t},0.1,first,{'validation' if t > 4 else 'training'}" for t in range(1, 6))
    (tmp_path / "data.csv").write_text(f"quantity,at,reference,sigma,group,split\n{rows}\n")
    (tmp_path / "parameters.csv").write_text("name,value,lower,upper\nslope,1,-5,5\n")
    (tmp_path / "fit.toml").write_text(FIT)
    with process("-m", "glompo", "run", "fit.toml", cwd=tmp_path) as run:
        run.wait()
    (tmp_path / "line.py").write_text("raise SystemExit('the model was imported')\n")
    with dashboard(tmp_path / "run") as (_, url):
        page.goto(url)
        page.get_by_text("Calibration", exact=True).click()
        for said in ("training, in sum", "prediction = reference", "Rows for validation are left out"):
            page.get_by_text(said).first.wait_for()
    with dashboard(living) as (_, url):
        page.goto(url)
        page.get_by_text("running").first.wait_for()
        assert page.get_by_text("Calibration", exact=True).count() == 0


def test_a_page_says_when_its_server_is_gone_and_comes_back_with_it(page, living, tmp_path):
    token = tmp_path / "token"
    with dashboard(living, "--token-file", token) as (server, url):
        page.goto(url)
        page.get_by_text("running").first.wait_for()
        page.get_by_role("button", name="Dark or light").click()
        page.wait_for_url("**?theme=dark")
        server.kill()
        page.get_by_text("connection was lost").wait_for()
        before, curve = evaluations(page), drawn(page)
    port = str(urlsplit(url).port)
    with dashboard(living, "--token-file", token, "--port", port) as (_, again):
        assert again == url
        page.get_by_text("connection was lost").wait_for(state="hidden")
        until(lambda: page.locator("dl div").count() and evaluations(page) > before, "a larger number of evaluations")
        until(lambda: drawn(page) > curve, "a longer curve")
        assert page.url == f"{url}?theme=dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == DARK


def test_a_token_file_of_others_or_without_a_token_is_refused(tmp_path):
    token = tmp_path / "token"
    first = kept_token(token)
    assert (kept_token(token), token.stat().st_mode & 0o777) == (first, 0o600)
    token.chmod(0o644)
    with pytest.raises(UserError, match=r"others can read the token file .*; chmod 600"):
        kept_token(token)
    token.chmod(0o600)
    token.write_text("short\n")
    with pytest.raises(UserError, match="holds no token"):
        kept_token(token)
    with pytest.raises(UserError, match="cannot be used"):
        kept_token(tmp_path)


@pytest.mark.parametrize(("prefers", "address_says", "ground"), [
    ("dark", "", "dark"), ("light", "", "light"), ("dark", "?theme=light", "light"),
])  # fmt: skip
def test_the_system_says_how_a_page_looks_at_first_and_the_button_after_that(
    browser, address, prefers, address_says, ground
):
    context = browser.new_context(color_scheme=prefers)
    page = context.new_page()
    page.goto(address + address_says)
    page.get_by_text("running").first.wait_for()

    def looks():
        name = page.evaluate("getComputedStyle(document.querySelector('.bk-Column')).backgroundColor")
        return "dark" if name == DARK else "light"

    assert looks() == ground
    page.get_by_role("button", name="Dark or light").click()
    until(lambda: looks() != ground, "the other ground")
    page.reload()
    page.get_by_text("running").first.wait_for()
    assert looks() != ground
    context.close()


def test_a_page_is_refused_without_the_token(address):
    parts = urlsplit(address)
    for path in ("/", "/wrong", "/wrong/ws", "/wrong/autoload.js"):
        assert answer(parts.port, path) == 404, path
    assert answer(parts.port, parts.path) == 200


@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 403), (None, 101)])
def test_a_connection_is_taken_from_pages_of_this_server_alone(address, origin, status):
    parts = urlsplit(address)
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": origin or f"http://127.0.0.1:{parts.port}",
        "Sec-WebSocket-Protocol": f"bokeh, {token_of(address)}",
    }  # fmt: skip
    assert answer(parts.port, f"{parts.path}/ws", headers) == status


def token_of(address):
    """Return the ticket that a page of the server got for its connection."""
    parts = urlsplit(address)
    text = body(parts.port, parts.path)
    return re.search(r'"token":\s*"([^"]+)"', text.replace("&quot;", '"'))[1]


def body(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def answer(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def test_an_empty_run_and_a_dead_one_are_shown_and_cannot_be_asked(page, tmp_path):
    for name in ("empty", "other"):
        with Journal.create(tmp_path / name, durability="none") as journal:
            journal.append(history().events)
    with dashboard(tmp_path) as (_, url):
        page.goto(f"{url}?theme=dark")
        page.get_by_text("killed").first.wait_for()
        for tab in ("Trajectories", "Timeline", "Portfolio", "Parameters", "Optimizers", "Decisions", "Control"):
            page.get_by_text(tab, exact=True).click()
        page.get_by_text("No process works on this run").wait_for()
        assert page.get_by_role("button", name="End the run", exact=True).is_disabled()


def test_a_narrow_window_holds_all_and_a_long_table_leaves_other_tabs_as_they_are(browser, tmp_path):
    def fails(x):
        raise ValueError("x" * 3000)

    with pytest.raises(TaskFailedError):
        minimize(fails, [(0.0, 1.0)], max_evaluations=60, max_jobs=1, rng=1, working_dir=tmp_path / "failed")
    task, starts = Rastrigin(dims=2), RandomSampling(iters=10)
    minimize(
        task, task.bounds, optimizers=starts, max_evaluations=900, max_jobs=1, rng=1, working_dir=tmp_path / "long"
    )
    context = browser.new_context(viewport={"width": 700, "height": 860})
    page = context.new_page()

    def extent():
        return page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")

    for run in ("failed", "long"):
        with dashboard(tmp_path / run) as (_, url):
            page.goto(url)
            page.get_by_text("state", exact=True).first.wait_for()
            until(lambda: extent()[0] == 700, f"a narrow page of {run}")
            for button in ("Dark or light", "Control"):
                box = page.get_by_text(button, exact=True).bounding_box()
                assert box["x"] + box["width"] <= 700, button
            if run == "long":
                page.get_by_text("Optimizers", exact=True).click()
                until(lambda: extent()[1] > 3000, "a long table")
                page.get_by_text("Control", exact=True).click()
                page.get_by_role("button", name="End the run", exact=True).wait_for()
                until(lambda: extent()[1] < 1200, "a short page")
    context.close()


def saved(page):
    """Return the rows of the file that the page offers."""
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as CSV").click()
    with open(saving.value.path(), newline="") as file:
        return list(csv.DictReader(file))


def test_tables_are_saved_as_they_are_on_record(page, address, living):
    page.goto(address)
    page.get_by_text("Optimizers", exact=True).first.click()
    rows = saved(page)
    known = [(one.opt_id, one.name) for one in load(living).result.optimizers]
    assert rows
    assert [(int(row["opt_id"]), row["name"]) for row in rows] == known[: len(rows)]
    page.get_by_text("Decisions", exact=True).click()
    page.get_by_text(re.compile("^Decisions and log")).wait_for()
    assert "start" in {row["what"] for row in saved(page)}
    parts = urlsplit(address)
    assert answer(parts.port, f"{parts.path}/optimizers-7.csv") == 404
    assert answer(parts.port, "/wrong/optimizers-0.csv") == 404


def test_optimizers_that_have_ended_can_be_left_out(page, tmp_path):
    task = Rastrigin(dims=2)
    minimize(task, task.bounds, max_evaluations=40, max_jobs=1, rng=1, working_dir=tmp_path / "run")
    with dashboard(tmp_path / "run") as (_, url):
        page.goto(url)
        page.get_by_text("Optimizers", exact=True).click()
        page.get_by_role("cell", name="CMAOptimizer").first.wait_for()
        page.locator("select").filter(has_text="those that have not ended").select_option(
            label="those that have not ended"
        )
        page.get_by_text("No optimizer lives.").wait_for()


PROXY = """
import asyncio, contextlib, sys

async def copy(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()

async def pass_on(reader, writer):
    there = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

async def main():
    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
"""Passes on what comes to a port of its own, as a reverse proxy does."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_pages_behind_a_proxy_live_below_its_address(page, living):
    port = free_port()
    with process("-c", PROXY, port, stdout=subprocess.PIPE, text=True) as proxy:
        at = f"http://localhost:{int(proxy.stdout.readline())}/of/mine"
        with dashboard(living, "--port", port, "--proxy", f"{at}/", begins=at) as (_, url):
            page.goto(url)
            page.get_by_text("running").first.wait_for()
            before = evaluations(page)
            until(lambda: evaluations(page) > before, "a larger number of evaluations")
            page.get_by_text("Optimizers", exact=True).first.click()
            assert saved(page)
            assert answer(port, urlsplit(url).path.removeprefix("/of/mine")) == 404


def test_an_address_of_a_proxy_that_is_none_is_refused():
    with pytest.raises(UserError, match=r"'of/mine'; give it whole, such as https://example\.org/runs"):
        Dashboard([], proxy="of/mine")
