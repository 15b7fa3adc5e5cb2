"""A random world around the core: whatever workers say in whatever order, the promises hold."""

import math

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from glompo.allocators import EvenAllocator
from glompo.core.decisions.decide import decide, decision
from glompo.core.decisions.starts import Start
from glompo.core.policies.ports import Policies
from glompo.core.state.lifecycle import Phase
from glompo.core.state.run_state import RunState
from glompo.core.state.snapshot import dump, load, same
from glompo.core.views.run_view import RunView
from glompo.errors import IllegalEventError
from glompo.events import (
    SCHEMA,
    Asked,
    Evaluated,
    Event,
    Granted,
    IncumbentSent,
    IncumbentTaken,
    Noted,
    RunOpened,
    SessionOpened,
    Started,
    Stopped,
    StopRequested,
)
from glompo.exit_conditions import MaxOptimizersStarted, MaxTotalFunctionCalls
from glompo.function import Status
from glompo.generators import IncumbentGenerator, RandomGenerator
from glompo.optimizers import RandomSampling
from glompo.selectors import CycleSelector
from glompo.stoppers import BestUnmoving

BOUNDS = np.array([[-1.0, 1.0], [0.0, 2.0]])
VALUES = st.floats(allow_nan=False, min_value=-1e9) | st.just(math.inf)
STATUSES = st.sampled_from([Status.OK, Status.OK, Status.OK, Status.FAILED, Status.INVALID, Status.OUT_OF_BOUNDS])


class World(RuleBasedStateMachine):
    """Workers that do whatever the contract allows."""

    def __init__(self) -> None:
        super().__init__()
        self.state = RunState()
        self.events: list[Event] = []
        self.credit: dict[int, int] = {}
        self.offers: dict[int, IncumbentSent] = {}
        self.told: set[int] = set()
        self.finite: list[float] = []
        self.clock = 0.0

    @initialize(
        slots=st.integers(1, 5),
        budget=st.integers(1, 60),
        starts=st.integers(1, 12),
        interval=st.integers(1, 5),
        share=st.booleans(),
        stop_best=st.booleans(),
        workers=st.integers(1, 2),
    )
    def open(self, slots, budget, starts, interval, share, stop_best, workers):
        self.budget = budget
        self.policies = Policies(
            exit=MaxTotalFunctionCalls(budget) | MaxOptimizersStarted(starts),
            selector=CycleSelector(RandomSampling, RandomSampling(workers=min(workers, slots))),
            generator=IncumbentGenerator() if share else RandomGenerator(),
            allocator=EvenAllocator(),
            stopper=BestUnmoving(3),
            stopper_interval=interval,
            stop_best=stop_best,
            share=share,
        )
        self.record(RunOpened(0.0, SCHEMA, "r", "", BOUNDS, slots, (1, 2, 3, 4), {}, {}))
        self.record(SessionOpened(0.0, 1, "", "", 0))
        self.decide()

    def record(self, event: Event) -> None:
        self.state.apply(event)
        self.events.append(event)

    def decide(self) -> None:
        """Decide to the end, as the engine does, and play the backend."""
        intents = ()
        for _ in range(1000):
            view = RunView(self.state, self.clock)
            intents, before = decide(view, self.policies), intents
            assert intents == decide(view, self.policies)
            assert intents == decision(view, self.policies, before).intents  # what is left out has no answer
            if not intents:
                return
            for intent in intents:
                self.record(intent.event if isinstance(intent, Start) else intent)
            for intent in intents:
                match intent:
                    case Start(event):
                        self.credit[event.opt] = 0
                    case Granted(opt=opt, n=n):
                        self.credit[opt] += n
                    case IncumbentSent(opt=opt):
                        self.offers[opt] = intent
                    case StopRequested(opt=opt):
                        self.told.add(opt)
        raise AssertionError("decisions never came to rest")

    def tick(self) -> None:
        self.clock += 0.125

    def pick(self, data, *phases):
        candidates = [opt for opt, one in self.state.alive.items() if one.phase in phases]
        return data.draw(st.sampled_from(candidates)) if candidates else None

    @rule(data=st.data())
    def worker_starts(self, data):
        opt = self.pick(data, Phase.STARTING, Phase.STOPPING)
        if opt is not None and self.state.optimizers[opt].started_at is None:
            self.tick()
            self.record(Started(self.clock, opt, "w"))
            self.decide()

    @rule(data=st.data(), n=st.integers(1, 8))
    def worker_evaluates(self, data, n):
        opt = self.pick(data, Phase.RUNNING, Phase.STOPPING)
        if opt is None or self.state.optimizers[opt].started_at is None:
            return
        statuses = data.draw(st.lists(STATUSES, min_size=n, max_size=n))
        affordable, kept = self.credit[opt], []
        for status in statuses:
            affordable -= status is not Status.OUT_OF_BOUNDS
            if affordable < 0:
                break
            kept.append(status)
        if not kept:
            return
        self.credit[opt] -= sum(status is not Status.OUT_OF_BOUNDS for status in kept)
        raw = data.draw(st.lists(VALUES, min_size=len(kept), max_size=len(kept)))
        f = np.array([v if s is Status.OK else math.inf for v, s in zip(raw, kept, strict=True)])
        self.finite += [v for v, s in zip(raw, kept, strict=True) if s is Status.OK and math.isfinite(v)]
        self.tick()
        m = len(kept)
        zeros = np.zeros(m, np.float32)
        errors = tuple((i, "no") for i, s in enumerate(kept) if s is not Status.OK)
        k0 = len(self.state.optimizers[opt].trajectory)
        X = np.random.default_rng(k0).uniform(0, 1, (m, 2))
        self.record(Evaluated(self.clock, opt, k0, X, f, np.array(kept, np.uint8), zeros, zeros, (), errors))
        self.decide()

    @rule(data=st.data())
    def worker_takes_the_point(self, data):
        waiting = [opt for opt in self.offers if opt in self.state.alive]
        if waiting:
            offer = self.offers.pop(data.draw(st.sampled_from(waiting)))
            self.tick()
            at_k = len(self.state.optimizers[offer.opt].trajectory)
            self.record(IncumbentTaken(self.clock, offer.opt, at_k, offer.x, offer.f))
            self.decide()

    @rule(data=st.data())
    def worker_talks(self, data):
        opt = self.pick(data, Phase.STARTING, Phase.RUNNING, Phase.STOPPING)
        if opt is not None:
            self.record(Noted(self.clock, opt, "hello"))

    @rule(data=st.data(), ending=st.sampled_from(["returned", "raised", "died", "cut"]), said=st.booleans())
    def worker_ends(self, data, ending, said):
        opt = self.pick(data, Phase.RUNNING, Phase.STOPPING, Phase.STARTING)
        if opt is None or (ending == "cut" and opt not in self.told):
            return
        self.tick()
        self.record(Stopped(self.clock, opt, ending, said, "bye"))
        self.offers.pop(opt, None)
        self.decide()

    @precondition(lambda self: self.state.finished is None and self.state.asked is None)
    @rule(what=st.sampled_from(["end", "leave"]), chance=st.integers(0, 15))
    def a_user_asks(self, what, chance):
        if chance == 0:
            self.record(Asked(self.clock, what, "test"))
            self.decide()

    @rule(data=st.data())
    def an_illegal_event_raises_and_changes_nothing(self, data):
        before = dump(self.state)
        opt = data.draw(st.integers(0, len(self.state.optimizers) + 3))
        bad = data.draw(
            st.sampled_from(
                [
                    Evaluated(
                        self.clock,
                        opt,
                        10_000,
                        np.zeros((1, 2)),
                        np.zeros(1),
                        np.zeros(1, np.uint8),
                        np.zeros(1, np.float32),
                        np.zeros(1, np.float32),
                    ),
                    Stopped(self.clock, 0, "returned", True, ""),
                    RunOpened(self.clock, SCHEMA, "again", "", BOUNDS, 1, (1,), {}, {}),
                    Started(self.clock - 1e6, opt, "yesterday"),
                ]
            )
        )
        try:
            self.state.apply(bad)
        except IllegalEventError:
            pass
        else:
            raise AssertionError(f"{bad} was taken")
        assert repr(dump(self.state)) == repr(before)

    @invariant()
    def slots_are_never_exceeded(self):
        assert sum(one.request.slots for one in self.state.alive.values()) == self.state.used_slots
        assert self.state.used_slots <= self.state.slots

    @invariant()
    def holders_of_credits_stand_in_the_order_in_which_they_were_heard(self):
        holders = [one for one in self.state.alive.values() if one.holds_credits]
        assert sorted(self.state.holders) == [one.request.opt for one in holders]
        heard = [one.heard_at for one in self.state.holders.values()]
        assert heard == sorted(heard)

    @invariant()
    def those_that_are_to_stop_are_counted(self):
        to_stop = [one.stop is not None for one in self.state.alive.values()]
        assert sum(to_stop) == self.state.stopping

    @invariant()
    def credits_never_exceed_the_budget(self):
        if self.state.opened:
            assert sum(one.outstanding for one in self.state.alive.values()) == self.state.outstanding
            assert self.state.calls + self.state.outstanding <= self.budget

    @invariant()
    def best_is_the_minimum_of_all_finite_values(self):
        best = self.state.best.f if self.state.best else math.inf
        assert best == min(self.finite, default=math.inf)

    @invariant()
    def optimizers_asked_to_stop_get_nothing(self):
        for one in self.state.alive.values():
            if one.stop is not None:
                assert one.phase is Phase.STOPPING

    def teardown(self):
        replayed = RunState()
        for event in self.events:
            replayed.apply(event)
        assert same(replayed, self.state)
        restored = load(dump(self.state))
        assert same(restored, self.state)
        assert restored.alive.keys() == self.state.alive.keys()


World.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestWorld = World.TestCase
