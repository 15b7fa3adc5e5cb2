"""What a session uses of its machine is on record, about every 30 s, and changes nothing else."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

import glompo
from glompo.allocators import EvenAllocator
from glompo.backends.simulated import SimulatedBackend
from glompo.cli.inspection import status_json, status_text
from glompo.core.policies.ports import Policies
from glompo.core.state.snapshot import dump, load
from glompo.engine import sampler as sampling
from glompo.engine.ports import Usage
from glompo.engine.sampler import ProcessMeter, Sampler
from glompo.events import Evaluated, Sampled
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.generators import RandomGenerator
from glompo.optimizers import RandomSampling
from glompo.read import load as load_run
from glompo.read.resource_row import resource_rows, session_resources
from glompo.selectors import CycleSelector
from glompo.testing.simulation import Stage, run_on, sphere

BOX = np.array([(-5.0, 5.0)] * 2)


class FakeMeter:
    """Two processors are used all the time, by a process that had used 100 s before."""

    def __init__(self, clock):
        self._clock = clock

    def usage(self):
        return Usage(100.0 + 2.0 * self._clock.now(), 5_000_000, 1.5)


def simulated(seconds, calls, slots, metered=True):
    backend = SimulatedBackend(seconds)
    policies = Policies(
        exit=MaxTotalFunctionCalls(calls),
        selector=CycleSelector(RandomSampling),
        generator=RandomGenerator(),
        allocator=EvenAllocator(),
    )
    sampler = Sampler(FakeMeter(backend.timeline)) if metered else None
    return run_on(backend, backend.timeline, policies, Stage(sphere, BOX, slots), sampler=sampler)


def samples(run):
    return [event for event in run.events if isinstance(event, Sampled)]


def test_there_is_a_sample_every_30_seconds_and_one_at_the_end():
    run = simulated(10.0, 40, slots=4)
    times = [event.at for event in samples(run)]
    assert times == [30.0, 60.0, 90.0, 100.0]


def test_a_session_that_was_not_longer_than_that_has_none():
    assert not samples(simulated(1.0, 29, slots=1))


def test_the_rows_tell_what_was_used_from_one_sample_to_the_next():
    run = simulated(10.0, 40, slots=4)
    rows = list(resource_rows(run.events))
    assert [row.seconds for row in rows] == [30.0, 30.0, 30.0, 10.0]
    assert [row.busy for row in rows] == [1.0] * 4
    assert {(row.session, row.cpu, row.cpus, row.memory, row.load) for row in rows} == {(1, 2.0, 0, 5_000_000, 1.5)}


def test_evaluations_that_take_longer_than_a_sample_count_while_they_are_under_way():
    run = simulated(lambda opt, x: 10.0 if opt == 1 else 1000.0, 110, slots=2)
    assert {one.opt for one in run.events if isinstance(one, Evaluated)} == {1, 2}
    rows = [row for row in resource_rows(run.events) if row.at < 1000]  # then the budget is all but spent
    assert len(rows) == 33
    assert [row.busy for row in rows] == pytest.approx([1.0] * len(rows))


def test_slots_in_which_nothing_is_evaluated_are_not_busy():
    run = simulated(lambda opt, x: 40.0 if opt == 1 else 10.0, 2, slots=2)  # the second slot is empty after 10 s
    (row,) = resource_rows(run.events)
    assert row.busy == pytest.approx(50 / 80)


def test_no_decision_looks_at_a_sample():
    with_samples, without = (simulated(10.0, 60, 4, metered) for metered in (True, False))
    assert [event for event in with_samples.events if not isinstance(event, Sampled)] == list(without.events)
    assert samples(with_samples)
    assert not samples(without)


def test_the_state_knows_the_last_sample_and_so_does_a_snapshot():
    run = simulated(10.0, 40, slots=4)
    assert run.state.sampled == samples(run)[-1]
    assert load(dump(run.state)).sampled == run.state.sampled
    whole = session_resources(run.view)
    assert (whole.seconds, whole.busy, whole.cpu) == (100.0, 1.0, 2.0)


class CountingMeter:
    """A meter of processes that ended without being waited for: what was used becomes less."""

    def __init__(self):
        self._cpu = iter([5.0, 9.0, 7.0])

    def usage(self):
        return Usage(next(self._cpu), 0, float("nan"))


def test_the_processor_time_of_a_session_never_becomes_less():
    state = simulated(10.0, 4, slots=4, metered=False).state
    sampler = Sampler(CountingMeter())
    sampler.begin(state)
    used = [event.cpu for now in (30.0, 60.0) for event in sampler.due(state, now)]
    assert used == [4.0, 4.0]


BURN = "import sys, time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\nsys.stdin.read()"


def test_the_time_and_memory_of_what_the_process_has_started_count():
    before = ProcessMeter().usage()
    with subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        during = ProcessMeter().usage()
        child.stdin.close()
    after = ProcessMeter().usage()
    assert min(during.cpu, after.cpu) >= before.cpu + 0.4
    assert during.memory > before.memory > 1_000_000
    assert after.load >= 0.0


@pytest.fixture
def at_once(tmp_path, monkeypatch):
    """Samples are taken all the time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sampling, "INTERVAL", 0.0)


def slow(x):
    time.sleep(0.002)
    return float(x @ x)


def run(calls, **settings):
    return glompo.minimize(
        slow, BOX, optimizers=RandomSampling, max_evaluations=calls, max_jobs=2, rng=1, working_dir="run", **settings
    )


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_a_real_run_has_them_on_record_and_shows_them(at_once, backend):
    run(60, backend=backend)
    rows = load_run("run").resources
    assert rows
    assert {row.session for row in rows} == {1}
    assert any(row.busy > 0 for row in rows)
    assert all(0 <= row.busy <= 1 for row in rows)
    assert all(row.memory > 1_000_000 for row in rows)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert "\nbusy slots " in status_text(load_run("run").run_dir)
    told = json.loads(status_json(load_run("run").run_dir))["resources"]
    assert told["session"] == 1
    assert told["memory"] == rows[-1].memory
    assert told["seconds"] == rows[-1].at


def test_a_session_counts_anew(at_once):
    run(20)
    run(60, resume="auto")
    rows = load_run("run").resources
    assert {row.session for row in rows} == {1, 2}
    second = [row for row in rows if row.session == 2]
    assert sum(row.seconds for row in second) == pytest.approx(load_run("run").view.sampled.seconds)


def test_a_short_run_has_none_and_shows_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(20)
    assert load_run("run").resources == ()
    assert "busy slots" not in status_text(load_run("run").run_dir)
    assert json.loads(status_json(load_run("run").run_dir))["resources"] is None
