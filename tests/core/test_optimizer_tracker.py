"""Every start and every end of an optimizer is reported once, whenever the tracker is called."""

from hypothesis import given
from hypothesis import strategies as st

from glompo.core.views.optimizer_tracker import OptimizerTracker
from glompo.testing import history

STEPS = st.lists(st.sampled_from(["start", "end", "call"]), max_size=30)


@given(STEPS)
def test_each_optimizer_is_told_of_once_and_in_order(steps):
    run, roll, started, ended, living = history(slots=99), OptimizerTracker(), [], [], []
    for step in [*steps, "call"]:
        if step == "start":
            living.append(run.start())
        elif step == "end" and living:
            run.converge(living.pop(0))
        elif step == "call":
            news = roll.call(run.view())
            started += news.started
            ended += news.ended
            assert roll.living == living
    n = run.view().n_started
    assert started == list(range(1, n + 1))
    assert ended == [opt for opt in started if opt not in living]
    assert OptimizerTracker().call(run.view()).ended == tuple(ended)


def test_in_another_session_it_begins_anew():
    run, roll = history(), OptimizerTracker()
    first = run.start()
    assert roll.call(run.view()).reset
    assert not roll.call(run.view()).reset
    run.resume()
    news = roll.call(run.view())
    assert news.reset
    assert news.started == (first,)


def test_in_another_run_it_begins_anew():
    roll, one, other = OptimizerTracker(), history(), history()
    one.start()
    other.start()
    roll.call(one.view())
    news = roll.call(other.view())
    assert news.reset
    assert news.started == (1,)
