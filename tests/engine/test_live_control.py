"""What people ask of a run while it goes on, on the virtual clock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glompo.allocators import EqualBlocks
from glompo.core.state.lifecycle import How, Phase
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import same
from glompo.events import Asked, Evaluated, Paused, PauseRequested, Resumed, Stopped, StopRequested
from glompo.exit_conditions import MaxOptimizersConverged, MaxTotalFunctionCalls, TimeLimit
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.selectors import CycleSelector
from glompo.storage.inbox import Request
from glompo.testing import ScriptedOptimizer, simulate

SECONDS = 1.0
"""Virtual duration of an evaluation."""


def ask(at, what, opt=0, amount=0):
    return at, Request(what, "ada", opt, amount)


def replayed(run):
    state = RunState()
    for event in run.events:
        state.apply(event)
    return state


def flights(run):
    """Return when each evaluation began and ended."""
    for event in run.events:
        if isinstance(event, Evaluated):
            for age, seconds in zip(event.ages.tolist(), event.seconds.tolist(), strict=True):
                yield event.at - age - seconds, event.at - age


def most_slots(run, slots, begin, end):
    """Return the most slots that the run had at any moment of an interval."""
    most, now = 0, slots
    for event in run.events:
        if isinstance(event, Asked) and event.what == "slots":
            if event.at > begin:
                most = max(most, now)
            if event.at > end:
                return most
            now = event.amount
    return max(most, now)


def assert_slots_are_kept(run, slots, drained=SECONDS):
    """Check that `drained` seconds after a change no more evaluations are in flight than there are slots."""
    spans = list(flights(run))
    for t in {begin + 1e-3 for begin, _ in spans}:
        flying = sum(begin <= t < end - 1e-3 for begin, end in spans)
        allowed = most_slots(run, slots, t - drained - 1e-2, t)
        assert flying <= allowed, f"{flying} at {t}, {allowed} slots\n{run.story()}"


WISHES = st.one_of(
    st.tuples(st.just("slots"), st.just(0), st.integers(2, 7)),
    st.tuples(st.sampled_from(["pause", "go-on", "stop"]), st.integers(1, 6), st.just(0)),
    st.tuples(st.just("budget"), st.just(0), st.integers(100, 260)),
    st.tuples(st.just("checkpoint"), st.just(0), st.just(0)),
)


@settings(max_examples=60)
@given(
    script=st.lists(st.tuples(st.integers(0, 400), WISHES), max_size=8),
    slots=st.integers(2, 6),
    lockstep=st.booleans(),
)
def test_whatever_is_asked_slots_and_budget_are_kept_and_the_run_ends(script, slots, lockstep):
    """No optimizer is ended for want of slots, and none is forgotten."""
    asked = [ask(tenths / 10 + 0.05, what, opt, amount) for tenths, (what, opt, amount) in script]
    run = simulate(
        [RandomSampling, CMAOptimizer(workers=2), RandomSampling(iters=15)],
        MaxTotalFunctionCalls(150),
        max_jobs=slots,
        seconds=SECONDS,
        asked=asked,
        lockstep=lockstep,
        allocator=EqualBlocks(4) if lockstep else None,
    )
    assert run.state.finished.rule.startswith("MaxTotalFunctionCalls")
    assert run.view.calls >= run.view.amended(150)
    if not any(what == "budget" for _, (what, _, _) in script):
        assert run.view.calls == 150
    assert_slots_are_kept(run, slots, 8 * SECONDS if lockstep else SECONDS)  # in lockstep a block is used first
    assert same(replayed(run), run.state)
    assert {event.by for event in run.events if isinstance(event, StopRequested)} <= {"user", "exit"}
    taken = sum(isinstance(event, Asked) for event in run.events)
    assert taken + len(run.refused) <= len(script)  # what comes after the end is not looked at


def test_fewer_slots_put_the_youngest_to_rest_and_more_let_them_go_on_before_anybody_starts():
    run = simulate(
        [RandomSampling],
        MaxTotalFunctionCalls(200),
        max_jobs=4,
        asked=[ask(5.5, "slots", amount=2), ask(20.5, "slots", amount=5)],
    )
    rested = [(event.opt, event.by) for event in run.events if isinstance(event, PauseRequested)]
    assert rested == [(4, "slots"), (3, "slots")]
    woken = [event.opt for event in run.events if isinstance(event, Resumed)]
    assert woken == [3, 4]
    assert run.view.n_started == 5
    assert_slots_are_kept(run, 4)


def test_a_wide_optimizer_keeps_its_slots_or_the_request_is_refused():
    run = simulate(
        [CMAOptimizer(workers=4)], MaxTotalFunctionCalls(100), max_jobs=4, asked=[ask(5.5, "slots", amount=3)]
    )
    assert "optimizer 1 keeps 4 evaluations in flight; give 4 or more, or stop it first" in run.refused["1"]
    assert run.view.slots == 4


def test_a_pause_holds_until_it_is_taken_back_whatever_the_freezer_says():
    run = simulate(
        CycleSelector(RandomSampling, allow_spawn=lambda manager: manager.o_counter < 2),
        MaxTotalFunctionCalls(100),
        max_jobs=2,
        asked=[ask(3.5, "pause", 1), ask(3.6, "pause", 2), ask(50.5, "go-on", 2)],
    )
    assert [event.opt for event in run.events if isinstance(event, Paused)] == [1, 2]
    assert [(event.opt, event.at >= 50.5) for event in run.events if isinstance(event, Resumed)] == [(2, True)]
    assert run.view.calls == 100
    assert 5 not in {begin // 10 for begin, _ in flights(run) if begin < 50}
    assert len(run.view[1]) <= 5


def test_who_is_stopped_by_a_person_says_so_and_is_replaced():
    run = simulate([RandomSampling], MaxTotalFunctionCalls(40), max_jobs=1, asked=[ask(4.5, "stop", 1)])
    assert (run.view[1].stop_by, run.view[1].how) == ("user", How.STOPPED)
    assert run.view[1].stop_verdict.reason() == "user: ada asked to stop it"
    assert run.view.n_started == 2
    assert run.view.stopped_by_rules == ()


def test_a_person_may_end_the_run_and_an_end_is_not_taken_back_by_leaving():
    run = simulate([RandomSampling], TimeLimit(1e6), asked=[ask(4.5, "end"), ask(4.5, "leave")])
    assert run.state.finished.why == "ada asked to end the run"
    assert run.view.now < 6


def test_the_budget_is_raised_and_lowered_and_stays_exact():
    def calls(*asked):
        return simulate([RandomSampling], MaxTotalFunctionCalls(50), max_jobs=2, asked=asked).view.calls

    assert calls(ask(5.5, "budget", amount=80)) == 80
    assert calls(ask(5.5, "budget", amount=30)) == 30
    assert calls(ask(5.5, "budget", amount=3)) == 12  # those under way were granted before
    refused = simulate([ScriptedOptimizer([[1, 1]] * 30)], MaxOptimizersConverged(1), asked=[ask(5.5, "budget")])
    assert "give 1 or more" in refused.refused["1"]
    without = simulate(
        [ScriptedOptimizer([[1, 1]] * 30)], MaxOptimizersConverged(1), asked=[ask(5.5, "budget", amount=9)]
    )
    assert "the run has no budget" in without.refused["1"]


@pytest.mark.parametrize("what", ["stop", "pause", "go-on"])
def test_asking_for_an_unknown_or_ended_optimizer_is_refused_and_asking_twice_does_no_harm(what):
    run = simulate(
        [ScriptedOptimizer([[1, 1]] * 5), RandomSampling],
        MaxTotalFunctionCalls(60),
        max_jobs=2,
        asked=[ask(2.5, what, 2), ask(2.6, what, 2), ask(12.5, what, 77), ask(12.5, what, 1), ask(12.5, "dance")],
    )
    assert list(run.refused) == ["3", "4", "5"]
    assert run.refused["3"].startswith("there is no optimizer 77")
    assert run.refused["4"] == "optimizer 1 has ended already: it has converged"
    assert run.refused["5"].startswith("a run knows no request 'dance'")
    assert run.view.calls == 60


def test_in_deterministic_mode_what_is_asked_takes_effect_between_two_blocks():
    run = simulate(
        [RandomSampling],
        MaxTotalFunctionCalls(120),
        max_jobs=3,
        asked=[ask(1.5, "stop", 1), ask(1.5, "pause", 2)],
        lockstep=True,
        allocator=EqualBlocks(10),
    )
    [stop] = [event for event in run.events if isinstance(event, StopRequested) and event.by == "user"]
    assert stop.at >= 10.0
    assert [len(run.view[opt]) for opt in (1, 2)] == [10, 10]
    assert run.view[2].phase is Phase.ENDED
    assert sum(isinstance(event, Stopped) for event in run.events) == run.view.n_started
