"""What is shown of a budget, of an interrupt and of slots is true."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

import glompo
from glompo.core.views.run_view import RunView
from glompo.errors import RunInterrupt
from glompo.events import Asked, Event, SessionClosed, SessionOpened
from glompo.optimizers import RandomSampling
from glompo.read import load, summarize
from glompo.show import formatting
from glompo.testing.histories import history

BOX = [(-1.0, 2.0)] * 2


def bowl(x):
    return float(x @ x)


def session(number: int, budget: int) -> SessionOpened:
    return SessionOpened(0.0, number, "", "here", 1, 1, (), spec={"max_evaluations": budget})


def budget_after(*events: Event) -> int | None:
    state = history().state
    for event in events:
        state.apply(replace(event, at=state.at))
    return RunView(state, state.at, budget=state.settings["max_evaluations"]).budget


OVER = SessionClosed(0.0, "by hand")


def test_a_budget_that_was_asked_for_holds_until_a_session_begins_with_another_one():
    asked = Asked(0.0, "budget", "ada", amount=40)
    assert budget_after(session(2, 30), asked) == 40
    assert budget_after(session(2, 30), asked, OVER, session(3, 30)) == 40
    assert budget_after(session(2, 30), asked, OVER, session(3, 50)) == 50
    assert budget_after(session(2, 30), asked, OVER, session(3, 20), OVER, session(4, 30)) == 30


def test_the_budget_in_force_is_shown_after_a_resumption(tmp_path):
    def went_on(calls):
        result = glompo.minimize(
            bowl, BOX, optimizers=RandomSampling, max_evaluations=calls, max_jobs=1, rng=1, resume="auto",
            working_dir=tmp_path,
        )  # fmt: skip
        return result, formatting.share(summarize(load(tmp_path).view))

    assert went_on(30)[1] == "30 of 30 evaluations"
    assert went_on(40)[1] == "40 of 40 evaluations"
    result, share = went_on(30)
    assert share == "40 evaluations, more than the budget of 30"
    assert result.message == "MaxTotalFunctionCalls(n=30): 40 calls used, 30 are permitted"


class Interrupting:
    """Presses Ctrl-C once the run has made some evaluations."""

    def __init__(self, calls: int) -> None:
        self.calls, self.times = calls, 1

    def update(self, view: RunView) -> None:
        if view.calls >= self.calls and self.times:
            self.times -= 1
            os.kill(os.getpid(), signal.SIGINT)

    def close(self, view: RunView) -> None:
        pass


def interrupted(run_dir, calls, **settings):
    with pytest.raises(RunInterrupt) as raised:
        glompo.minimize(
            bowl, BOX, optimizers=RandomSampling, max_evaluations=10**6, max_jobs=1, rng=1, working_dir=run_dir,
            progress=Interrupting(calls), on_interrupt="raise", **settings,
        )  # fmt: skip
    return raised.value


def test_an_interrupt_is_answered_at_once_with_what_follows(tmp_path, capfd):
    error = interrupted(tmp_path, 10)
    told = capfd.readouterr().err
    way_on = f"the same call with working_dir={str(tmp_path)!r}, resume='auto'"
    assert told.startswith("SIGINT: the session ends as soon as ")
    assert "A second one ends it now" in told
    assert told.endswith(f"To go on with the run: {way_on}\n")
    assert f"go on: {way_on}" in str(error.result)


def test_how_to_go_on_is_a_command_where_a_configuration_began_the_run(tmp_path):
    error = interrupted(tmp_path, 10, configuration={"task": "m:f", "bounds": [[0, 1]]})
    assert f"go on: glompo resume {tmp_path}" in str(error.result)
    assert str(error).endswith(f"it can be resumed: glompo resume {tmp_path}")


@pytest.mark.parametrize(("slots", "cpus", "told"), [(1, 1, "1 CPU"), (1, 2, "2 CPUs"), (1, 4, ""), (2, 2, "")])
def test_it_is_told_when_the_default_evaluates_one_by_one(slots, cpus, told):
    run = history(slots=slots)
    summary = replace(summarize(run.view()), cpus=cpus)
    lines = [f"one evaluation at a time: max_jobs is 1, the default on {told}"] if told else []
    assert formatting.crowding(summary) == lines
