"""The display under a pilot: it shows a living run, keys ask the run after a confirmation, dead runs are refused."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.widgets import DataTable, Static

from glompo.errors import UserError
from glompo.events import Asked
from glompo.read import load
from glompo.storage.journal import Journal
from glompo.testing.histories import history
from glompo.watch.app import WatchApp

from ..cli.projects import PATIENCE
from ..read.runs import finish, mixed, record

TWO = 'optimizers = ["RandomSampling", "RandomSampling"]\nmax_evaluations = 100000\nprogress = false'


def piloted(run_dir, act, size=(80, 24)):
    """Open the display without a terminal and let `act(app, pilot)` use it."""

    async def main():
        app = WatchApp(run_dir)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await act(app, pilot)

    asyncio.run(main())


def shown(app, where):
    """Return the text of a part of the display."""
    return str(app.query_one(where, Static).render())


async def until(pilot, holds):
    """Return as soon as `holds()`."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, [shown(pilot.app, where) for where in ("#head", "#log", "#message")]
        await pilot.pause(0.05)


@pytest.fixture
def living(launch, project):
    run = launch("run", project.config(TWO, task="bowls:quiet"))
    run.await_status(project.run_dir, lambda status: status["alive"] == 2 and status["calls"] > 20)
    return run


def asked(run_dir):
    """Return what was asked of a run, with the optimizer and the amount."""
    return [(event.what, event.opt, event.amount) for event in load(run_dir).events if isinstance(event, Asked)]


def test_a_living_run_moves_and_keys_ask_it_after_a_confirmation(living, project):
    async def act(app, pilot):
        table = app.query_one("#table", DataTable)
        before = shown(app, "#head")
        await until(pilot, lambda: shown(app, "#head") != before)
        assert "running" in shown(app, "#head")
        assert table.row_count == 2
        await until(pilot, lambda: "best so far, over" in shown(app, "#curve"))

        await pilot.press("p", "n")
        assert asked(project.run_dir) == []
        await pilot.press("p", "y")
        await until(pilot, lambda: "Pause optimizer 1: the run has taken it" in shown(app, "#message"))
        await until(pilot, lambda: str(table.get_row("1")[2]) == "paused")
        await pilot.press("u", "y")
        await until(pilot, lambda: "Unpause optimizer 1: the run has taken it" in shown(app, "#message"))
        table.move_cursor(row=table.get_row_index("2"))
        await pilot.press("s", "y")
        await until(pilot, lambda: "Stop optimizer 2: the run has taken it" in shown(app, "#message"))
        await until(pilot, lambda: str(table.get_row("2")[2]) in ("stopped", "cut"))
        await pilot.press("p", "y")
        await until(pilot, lambda: "refused" in shown(app, "#message"))
        await pilot.press("b", *["backspace"] * 6, *"x", "enter")
        assert "give a whole number" in str(app.screen.query_one("#hint", Static).render())
        await pilot.press("backspace", *"90000", "enter")
        await until(pilot, lambda: "budget 90,000: the run has taken it" in shown(app, "#message"))
        await pilot.press("n", "escape")
        await pilot.press("i", *"0.5 77", "enter")
        assert "77.0, outside the bounds" in str(app.screen.query_one("#hint", Static).render())
        await pilot.press("backspace", "backspace", *"-.25", "enter")
        await until(pilot, lambda: "point: the run has taken it" in shown(app, "#message"))
        await until(pilot, lambda: any(str(table.get_row_at(i)[1]) == "injected point" for i in range(table.row_count)))
        await pilot.press("e", "y")
        await until(pilot, lambda: "finished" in shown(app, "#head"))
        await pilot.press("s", "y")
        assert "no process works on the run" in shown(app, "#message")

    piloted(project.run_dir, act)
    living.await_end()
    assert asked(project.run_dir) == [
        ("pause", 1, 0),
        ("go-on", 1, 0),
        ("stop", 2, 0),
        ("budget", 0, 90000),
        ("inject", 0, 0),
        ("end", 0, 0),
    ]


def test_everything_fits_into_a_small_terminal(tmp_path):
    async def act(app, pilot):
        for where in ("#head", "#table", "#middle", "#log", "#message"):
            region = app.query_one(where).region
            assert region.height >= 1, where
            assert region.bottom <= 24, where
        assert app.query_one("#table").region.height >= 5
        assert "best so far, over 9 evaluations" in shown(app, "#curve")
        await pilot.press("t")
        assert "best so far, over 0:00" in shown(app, "#curve")
        await pilot.press("enter")
        assert "optimizer " in shown(app, "#message")

    piloted(record(tmp_path, mixed(), task="bowl"), act)


def test_a_run_that_comes_into_being_is_shown(tmp_path):
    run = history()
    with Journal.create(tmp_path, durability="none") as journal:

        async def act(app, pilot):
            assert "nothing has been recorded" in shown(app, "#head")
            await pilot.press("s")
            assert "there is no optimizer yet" in shown(app, "#message")
            await pilot.press("b")
            assert "cannot be asked" in shown(app, "#message")
            run.evaluate(run.start(), [3.0])
            journal.append(run.events)
            await until(pilot, lambda: "best 3" in shown(app, "#head"))

        piloted(tmp_path, act)


def test_foreign_text_is_shown_as_text(tmp_path):
    run = history()
    run.crash(run.start("[red]Bad[/]"), "ValueError: [bold\x1b[2J")
    finish(run)

    async def act(app, pilot):
        table = app.query_one("#table", DataTable)
        assert str(table.get_row_at(0)[1]) == "[red]Bad[/]"
        assert shown(app, "#head").startswith("[/nonsense], t")
        await pilot.press("enter")
        assert "[bold\\x1b[2J" in shown(app, "#message")
        assert "\x1b" not in app.export_screenshot()

    piloted(record(tmp_path, run, task="t", label="[/nonsense]"), act, size=(120, 30))


def test_damage_is_told_and_the_display_stays(tmp_path):
    record(tmp_path, mixed())

    async def act(app, pilot):
        segment = tmp_path / "journal" / "000001.seg"
        segment.write_bytes(segment.read_bytes()[:100])
        await until(pilot, lambda: "its end was lost" in shown(app, "#message"))

    piloted(tmp_path, act, size=(300, 30))


def test_a_directory_without_a_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        WatchApp(tmp_path)
