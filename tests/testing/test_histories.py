import numpy as np
import pytest

from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.run_state import RunState
from glompo.errors import IllegalEventError
from glompo.function import Status
from glompo.testing import histories
from glompo.testing.histories import history


def test_the_example_of_the_documentation_runs() -> None:
    example = histories.__doc__.split("::\n", 1)[1].split("\n\nExit", 1)[0]
    assert example.count("assert") == 2
    exec(compile("\n".join(line[4:] for line in example.splitlines()), "example", "exec"), {})


def test_evaluations_arrive_with_their_times_and_places() -> None:
    run = history(bounds=[(0, 1), (0, 2)])
    one, two = run.start(), run.start("CMA", x0=[0, 0])
    run.evaluate(one, [3, np.inf, np.nan], seconds=2)
    run.wait(10)
    run.evaluate(two, 5.0, X=[1, 2], seconds=1)
    view = run.view()
    assert view[one].trajectory.at.tolist() == [2.0, 4.0, 6.0]
    assert view[one].trajectory.status.tolist() == [Status.OK, Status.OK, Status.INVALID]
    assert view[one].trajectory.X.tolist() == [[0.5, 1.0]] * 3
    assert view[two].trajectory.order.tolist() == [3]
    assert view[two].trajectory.at.tolist() == [17.0]
    assert (view[two].kind, view[two].x0.tolist()) == ("CMA", [0.0, 0.0])
    assert (view.now, view.calls, view.failures, view.best.f) == (17.0, 4, 1, 3.0)


def test_points_outside_the_bounds_are_no_calls() -> None:
    run = history()
    one = run.start()
    run.evaluate(one, [np.inf, np.inf], status=Status.OUT_OF_BOUNDS)
    run.evaluate(one, [np.inf, 2], status=[Status.OUT_OF_BOUNDS, Status.OK])
    assert (run.view()[one].calls, len(run.view()[one]), run.view().failures) == (1, 4, 0)


def test_lives_end_in_the_way_that_was_asked_for() -> None:
    run = history(slots=5)
    first, second, third, fourth, fifth = (run.start() for _ in range(5))
    run.converge(first)
    run.stop(second)
    run.stop(third, by="user")
    run.crash(fourth, "no memory")
    run.request_stop(fifth)
    view = run.view()
    assert [view[opt].how for opt in range(1, 6)] == [How.CONVERGED, How.STOPPED, How.STOPPED, How.CRASHED, None]
    assert view[fifth].phase is Phase.STOPPING
    assert view.stopped_by_rules == (second, fifth)
    assert view.in_vain[-1] == ("Optimizer: no memory", True)


def test_what_cannot_happen_raises() -> None:
    run = history(slots=1)
    run.start()
    with pytest.raises(IllegalEventError, match="do not fit"):
        run.start()
    run.converge(1)
    with pytest.raises(IllegalEventError, match="ended"):
        run.evaluate(1, 1.0)


def test_a_session_follows_another() -> None:
    run = history()
    run.wait(5)
    run.resume()
    run.wait(2)
    assert (run.view().session_at, run.view().now) == (5.0, 7.0)


def test_judging_is_recorded() -> None:
    run = history()
    one = run.start()
    run.evaluate(one, [1, 2, 3])
    run.judge(one)
    assert run.view()[one].judged_at == 3


def test_the_state_is_the_fold_of_the_events() -> None:
    run = history()
    one = run.start()
    run.evaluate(one, [1, 2, 3])
    run.stop(one)
    again = RunState()
    for event in run.events:
        again.apply(event)
    assert (again.best.f, again.calls, again.stopped_by_rules, again.at) == (1.0, 3, [one], run.now)


def test_the_documented_names_show_the_same_run() -> None:
    run = history(seed=4)
    one = run.start()
    run.evaluate(one, [1, 2])
    assert (run.manager().f_counter, run.log().len(one)) == (2, 2)
    assert run.view().streams.generator("a").random() == history(seed=4).view().streams.generator("a").random()
