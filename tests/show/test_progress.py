from __future__ import annotations

import io
import sys
import threading

import numpy as np
import pytest
from rich.console import Console

from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.errors import SettingError
from glompo.events import EndRequested, RunFinished, SessionClosed
from glompo.events.verdict import Verdict
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import RandomSampling
from glompo.show import Progress
from glompo.testing import simulate
from glompo.testing.histories import History, history

SPENT = Verdict(True, "MaxTotalFunctionCalls(9)", "9 of 9 calls used")


def finish(run: History) -> None:
    run.happen(EndRequested(run.now, SPENT))
    for opt in list(run.state.alive):
        run.stop(opt, by="exit")
    run.happen(RunFinished(run.now, SPENT))
    run.happen(SessionClosed(run.now, "finished"))


def terminal(stream: io.StringIO, **settings) -> Console:
    return Console(file=stream, force_terminal=True, width=150, height=40, color_system=None, **settings)


class Terminal(io.StringIO):
    """A standard stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_away_from_a_terminal_a_run_is_told_in_plain_lines():
    out = io.StringIO()
    progress = Progress(interval=4.0, stream=out)
    run = history(bounds=[(0, 1)] * 3, slots=2)
    run.start("Alpha")
    progress.update(run.view())
    for value in (5.0, 4.0, 3.0):
        run.evaluate(1, [value])
        progress.update(run.view())
    run.converge(1)
    run.start("Beta")
    run.evaluate(2, [np.nan])
    progress.update(run.view())
    finish(run)
    progress.close(run.view())
    assert out.getvalue().splitlines() == [
        "[0:00:00] task: 3 parameters, 2 slots",
        "[0:00:03] optimizer 1 (Alpha) converged after 3 evaluations at 3",
        "[0:00:04] best 3 by optimizer 1 (Alpha); 4 evaluations, 1 failed; 1/s; 1 alive, 1 converged",
        "[0:00:04] optimizer 2 (Beta) stopped after 1 evaluation without a value: the run ended",
        "[0:00:04] best 3 by optimizer 1 (Alpha); 4 evaluations, 1 failed; 1/s; 1 converged, 1 stopped",
        "[0:00:04] finished: MaxTotalFunctionCalls(9): 9 of 9 calls used",
    ]


@pytest.mark.parametrize("live", [False, True])
def test_the_reason_of_each_end_is_told_exactly_once(live):
    out = io.StringIO()
    progress = Progress(console=terminal(out)) if live else Progress(stream=out)
    run = history(slots=3)
    for opt in range(1, 41):
        run.start()
        run.evaluate(opt, [float(opt)], seconds=0.1)
        if opt % 3:
            run.crash(opt, f"reason <{opt}>")
        progress.update(run.view())
        if len(run.state.alive) == 3:
            for alive in list(run.state.alive):
                run.crash(alive, f"reason <{alive}>")
    for alive in list(run.state.alive):
        run.crash(alive, f"reason <{alive}>")
    progress.close(run.view())
    assert [out.getvalue().count(f"reason <{opt}>") for opt in range(1, 41)] == [1] * 40


def test_a_reason_with_brackets_is_written_as_it_is():
    out = io.StringIO()
    progress = Progress(console=terminal(out))
    run = history()
    run.start()
    run.crash(1, "KeyError: [bold]x[/bold] [0, 1]")
    progress.close(run.view())
    assert "KeyError: [bold]x[/bold] [0, 1]" in out.getvalue()


def test_a_run_is_drawn_at_most_four_times_a_second(monkeypatch):
    drawn = []
    monkeypatch.setattr("glompo.show.progress.summarize", lambda view: drawn.append(view.now))
    monkeypatch.setattr("glompo.show.progress.PlainLines.begin", lambda display, summary: None)
    monkeypatch.setattr("glompo.show.progress.PlainLines.draw", lambda display, summary: None)
    progress = Progress(stream=io.StringIO())
    run = history()
    for _ in range(2000):
        run.wait(0.001)
        progress.update(run.view())
    assert len(set(drawn)) == 8
    assert min(np.diff(sorted(set(drawn)))) >= 0.25


def test_looking_at_a_run_does_not_cost_more_when_many_optimizers_have_ended(monkeypatch):
    looked_at = []
    run = history(slots=2000)
    progress = Progress(stream=io.StringIO())
    for opt in range(1, 1001):
        run.start()
        run.converge(opt)
    run.start()
    progress.update(run.view())
    run.wait(1.0)
    view = run.view()
    monkeypatch.setattr(
        "glompo.core.views.run_view.RunView.__getitem__", lambda view, opt: looked_at.append(opt) or next(view.alive)
    )
    progress.update(view)
    assert set(looked_at) == {1001}


def test_a_terminal_shows_best_budget_and_who_lives():
    out = io.StringIO()
    progress = Progress(console=terminal(out))
    run = history(slots=4)
    run.start("Alpha")
    run.start("Beta")
    run.evaluate(1, [0.25])
    run.evaluate(2, [7.5])
    progress.update(run.view())
    shown = out.getvalue()
    for told in ("best 0.25 by optimizer 1 (Alpha)", "2 evaluations", "2 alive", "Beta", "7.5", "leads"):
        assert told in shown
    finish(run)
    progress.close(run.view())
    assert out.getvalue().rstrip().endswith("finished: MaxTotalFunctionCalls(9): 9 of 9 calls used")


def test_of_many_living_optimizers_a_terminal_shows_some():
    out = io.StringIO()
    progress = Progress(console=terminal(out))
    run = history(slots=500)
    for _ in range(500):
        run.start()
    progress.update(run.view())
    assert "500 alive" in out.getvalue()
    assert "and 488 more" in out.getvalue()
    progress.close(run.view())


@pytest.mark.parametrize("settings", [{"force_terminal": False}, {"_environ": {"TERM": "dumb"}}])
def test_what_cannot_be_drawn_on_gets_plain_lines(settings):
    out = io.StringIO()
    progress = Progress(console=Console(**{"file": out, "force_terminal": True, **settings}))
    progress.close(history().view())
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().splitlines()[-1] == "[0:00:00] running: the run goes on"


def test_a_destination_that_knows_ascii_only_gets_what_it_can_hold():
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as out:
        progress = Progress(stream=out)
        run = history()
        run.start("Σ-optimizer")
        run.crash(1, "Lösung")
        progress.close(run.view())
        assert b"optimizer 1 (?-optimizer) crashed after 0 evaluations without a value: L?sung" in raw.getvalue()


def test_by_default_it_writes_where_errors_go_so_that_output_stays_the_scripts_own(capsys):
    Progress().close(history().view())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "task: 1 parameter, 4 slots" in captured.err


def test_what_the_task_prints_in_a_terminal_stays_whole_and_nothing_stays_replaced(monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    progress = Progress(console=terminal(err))
    run = history()
    progress.update(run.view())
    print("printed by the task")
    run.wait(1.0)
    progress.update(run.view())
    progress.close(run.view())
    assert "printed by the task\n" in err.getvalue()
    assert (sys.stdout, sys.stderr) == (out, err)


def test_what_the_task_prints_into_a_file_stays_there(monkeypatch):
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    progress = Progress(console=terminal(err))
    progress.update(history().view())
    print("printed by the task")
    progress.close(history().view())
    assert out.getvalue() == "printed by the task\n"


def test_a_display_that_fails_gives_the_terminal_back(monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    progress = Progress(console=terminal(err))
    run = history()
    progress.update(run.view())
    assert sys.stdout is not out
    monkeypatch.setattr("glompo.show.live.present", lambda summary: 1 / 0)
    run.wait(1.0)
    with pytest.raises(ZeroDivisionError):
        progress.update(run.view())
    assert (sys.stdout, sys.stderr) == (out, err)


def test_it_starts_no_thread():
    before = threading.active_count()
    progress = Progress(console=terminal(io.StringIO()))
    progress.update(history().view())
    assert threading.active_count() == before
    progress.close(history().view())


def test_it_can_watch_one_run_after_another():
    out = io.StringIO()
    progress = Progress(stream=out)
    for _ in range(2):
        run = history()
        run.start()
        run.converge(1)
        progress.update(run.view())
        progress.close(run.view())
    assert out.getvalue().count("optimizer 1 (Optimizer) converged") == 2


@pytest.mark.parametrize("interval", [0, -1.0, float("nan"), "10", None, True])
def test_an_interval_that_is_none_is_refused_with_its_value(interval):
    with pytest.raises(SettingError, match=f"interval is {interval!r}; give the seconds"):
        Progress(interval=interval)


def test_a_whole_run_is_told_from_its_beginning_to_its_end():
    out = io.StringIO()
    progress = Progress(interval=5.0, stream=out)
    state = RunState()
    run = simulate([RandomSampling(20)], MaxTotalFunctionCalls(100), max_jobs=2)
    for event in run.events:
        state.apply(event)
        progress.update(RunView(state, state.at))
    progress.close(RunView(state, state.at))
    lines = out.getvalue().splitlines()
    assert sum(" converged after 20 evaluations" in line for line in lines) == run.view.n_converged
    assert lines[-1] == f"[0:00:{run.view.now:02.0f}] finished: MaxTotalFunctionCalls(n=100): 100 of 100 calls used"
