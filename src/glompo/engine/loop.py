"""The engine: one loop with one blocking call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from glompo import events
from glompo.backends.protocol import Backend
from glompo.core.decisions.checkpoints import next_checkpoint
from glompo.core.decisions.decide import Intent, decide, decision
from glompo.core.decisions.kill_escalation import next_escalation
from glompo.core.decisions.reclaim import next_reclaim
from glompo.core.decisions.starts import Start
from glompo.core.policies.ports import Policies
from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.engine.dispatch import Job, dispatch, refit
from glompo.engine.incoming import arrivals, asked_of, objection
from glompo.engine.interrupts import Interrupts, listening, say
from glompo.engine.ports import Clock, EventLog, Inbox, Observer
from glompo.engine.run_logger import RunLogger
from glompo.engine.sampler import Sampler
from glompo.errors import IllegalEventError, InternalError, PolicyError, StoreError
from glompo.events import Event
from glompo.events.enums import By, CheckpointOutcome, Reason, RequestKind
from glompo.events.verdict import Verdict
from glompo.loggers import library_logger

logger = library_logger("glompo.engine")

_CHANGING = (
    events.StartRequested,
    events.Started,
    events.Restored,
    events.Evaluated,
    events.IncumbentTaken,
    events.ResumeRequested,
    events.Resumed,
    events.Wanted,
)
"""Events after which a decision must look at their optimizer."""

_FREEING = (events.Stopped, events.Paused, events.Reclaimed)
"""Events with which credits of a budget may come free."""

CALLBACK = "the callback"
"""What asks to end the run when an observer raises StopIteration."""

TWICE = "interrupted twice"

EXIT_GRACE = 2.0
"""Seconds that workers get to leave after they have reported their end."""


class Engine:
    """Runs one session of a run.

    Parameters
    ----------
    state : RunState
        The run so far; a session must be open in it.
    log : EventLog
        Where events are kept.
    backend : Backend
        Where optimizers live.
    clock : Clock
        Run time.
    policies : Policies
        What decides.
    job : Job
        What all optimizers have in common.
    inbox : Inbox
        What is asked from outside.
    observers : sequence of Observer
        What watches.
    run_logger : RunLogger, optional
        Tells the standard logging what happens; by default one that is silent about the whole run.
    sampler : Sampler, optional
        Says what the session uses of its machine; by default that is not recorded.
    """

    def __init__(
        self,
        state: RunState,
        log: EventLog,
        backend: Backend,
        clock: Clock,
        policies: Policies,
        job: Job,
        inbox: Inbox,
        observers: Sequence[Observer] = (),
        run_logger: RunLogger | None = None,
        sampler: Sampler | None = None,
    ) -> None:
        self.state = state
        self._log = log
        self._backend = backend
        self._clock = clock
        self._policies = policies
        self._job = job
        self._observers = list(observers)
        self._inbox = inbox
        self._run_logger = run_logger or RunLogger()
        self._sampler = sampler
        self._fault: PolicyError | None = None
        self._unwritten: list[Event] = []
        self._changed: set[int] | None = None  # None: all

    @property
    def view(self) -> RunView:
        """The run as it stands."""
        return self._see()

    def _see(self, changed: set[int] | None = None) -> RunView:
        budget = self._policies.exit.budget()
        return RunView(self.state, self._clock.now(), changed, budget, self._log.history)

    def run(self) -> None:
        """Work until the run is finished or is to be left.

        Raises
        ------
        PolicyError
            If a policy broke its contract; the run ended in order and everything is on disk.
        StoreError
            If events could not be written; the optimizers were stopped.
        """
        with listening(self._backend.wake) as interrupts:
            self._session(interrupts)
        if self._fault is not None:
            raise self._fault

    def _session(self, interrupts: Interrupts) -> None:
        reason = "an error"
        self._run_logger.begin(self.view)
        if self._sampler is not None:
            self._sampler.begin(self.state)
        try:
            self._loop(interrupts)
            reason = "finished" if self.state.finished else TWICE if interrupts.now else self._why_left()
            if interrupts.now:
                say("interrupted twice: the session ends now, without the evaluations under way")
                self._abandon(TWICE)
        except KeyboardInterrupt:
            reason = TWICE
            interrupts.close()
            self._abandon(TWICE)
        except BaseException:
            interrupts.close()
            self._abandon("the engine failed")
            raise
        finally:
            interrupts.close()
            self._leave(reason)

    def _loop(self, interrupts: Interrupts) -> None:
        self._decide()
        view = self.view
        while not (self._over or interrupts.now):
            deadline = self._next_deadline(view)
            received = self._backend.receive(self._patience(deadline))
            self._record(arrivals(received, self._clock.now(), self._job.checkpoint_store))
            self._close_checkpoint(wait=False)
            self._hear(interrupts)
            self._attend()
            if self._may_decide(deadline) and not interrupts.now:
                self._decide()
            if self._sampler is not None:
                self._record(self._sampler.due(self.state, self._clock.now()))
            self._log.tick()
            self._log.keep(self.state)
            view = self.view
            self._run_logger.look(view)
            if self._show(view) and not self.state.ending:
                self._record([events.Asked(self._clock.now(), RequestKind.END, CALLBACK)])
                self._decide()

    def _why_left(self) -> str:
        """Return why the session ends although the run is not over."""
        if self.state.asked is None or not self.state.asked.why:
            return "interrupted"
        logger.error("evaluations can no longer be made, so the session ends: %s", self.state.asked.why)
        return self.state.asked.why

    def _hear(self, interrupts: Interrupts) -> None:
        """Record that a signal asked to leave, once."""
        if interrupts.by and self.state.asked is None and not self.state.ending:
            self._record([events.Asked(self._clock.now(), RequestKind.LEAVE, interrupts.by)])
            self._run_logger.leaving(self.view, interrupts.by)

    def _attend(self) -> None:
        """Take what is asked from outside: it is durable before it is forgotten there."""
        for name, request in self._inbox.arrived():
            asked = asked_of(request, self._clock.now())
            reason = objection(asked, self.state, self._policies, self._job)
            if reason:
                self._inbox.refuse(name, reason)
                continue
            self._record([asked])
            self._log.commit()
            self._inbox.settle(name)
            if asked.what in (RequestKind.SLOTS, RequestKind.BUDGET):
                self._changed = None  # there may be credits for those that wait
            if asked.what == RequestKind.SLOTS:
                refit(self._job, asked.amount)

    def _close_checkpoint(self, wait: bool) -> bool:
        """Record what came of the checkpoint that is being written, if that is known; say whether it is."""
        begun = self.state.checkpoints.begun
        if begun is None or not self.state.checkpoints.taken:
            return False
        finished_checkpoint = self._job.checkpoint_store.finished_checkpoint(wait)
        if finished_checkpoint is not None:
            self._record([events.CheckpointClosed(self._clock.now(), begun.n, *finished_checkpoint)])
        return finished_checkpoint is not None

    def _may_decide(self, deadline: float | None) -> bool:
        """Return whether it is time to decide: in lockstep only when nothing is in flight, or the clock demands it."""
        # a decision that saw half of a block would depend on which worker was faster; but the end of a run, and a time
        # limit, cannot wait for an evaluation that may never end
        if not self._policies.lockstep:
            return True
        view = self.view
        leaving = view.ending is not None or view.leaving or view.end_asked_by is not None
        return view.settled or leaving or (deadline is not None and view.now >= deadline)

    @property
    def _over(self) -> bool:
        left = self.state.asked is not None and self.state.asked.what == RequestKind.LEAVE and not self.state.alive
        return left or self.state.finished is not None

    def _decide(self) -> None:
        """Decide until there is nothing more to say, record, act; after a restoration in lockstep, wait for it.

        All that is decided at one moment is one record: a run that is killed here has made the whole decision or
        none of it, and so decides the same when it is resumed.
        """
        decided: list[Intent] = []
        intents: tuple[Intent, ...] = ()
        restored = False
        while not (restored and self._policies.lockstep) and (intents := self._ask(intents)):
            restored = isinstance(intents[-1], (events.Restored, events.ReturnedToRest))
            self._fold([intent.event if isinstance(intent, Start) else intent for intent in intents])
            decided += intents
        self._write()
        for intent in decided:
            dispatch(intent, self._backend, self._job, self.state, self._log.history)
        self._changed = set()
        if self._close_checkpoint(wait=False):
            self._decide()

    def _ask(self, before: tuple[Intent, ...]) -> tuple[Intent, ...]:
        """Return what comes after the intents `before`; one that was looked at is so again when something happens."""
        try:
            decided = decision(self._see(self._changed), self._policies, before)
            if decided.looked:
                self._changed = set()
            return decided.intents
        except Exception as error:
            if self._fault is not None or self.state.ending:
                raise
            self._fault = error if isinstance(error, PolicyError) else _blame(error)
            logger.error("%s", self._fault)
            self._fold([events.EndRequested(self._clock.now(), Verdict(True, Reason.FAULTY_POLICY, str(self._fault)))])
            return decide(self.view, self._policies)

    def _record(self, happened: list[Event]) -> None:
        """Fold, then write: an event that cannot happen never reaches the journal."""
        self._fold(happened)
        self._write()

    def _fold(self, happened: list[Event]) -> None:
        for event in happened:
            best = self.state.incumbent(self._policies.share)
            try:
                self.state.apply(event)
            except IllegalEventError as error:
                raise InternalError(f"{error}; this is a defect of GloMPO, please report it") from error
            self._unwritten.append(event)
            self._mark_changed(event, self.state.incumbent(self._policies.share) is not best)

    def _write(self) -> None:
        """Write what has been folded. What is refused goes with the next record: the journal never has a gap."""
        if self._unwritten:
            self._log.append(self._unwritten)
            if any(isinstance(event, (events.Saved, events.Recovered, events.Diverged)) for event in self._unwritten):
                kept = (one.resumption.saved for one in self.state.optimizers.values())
                self._job.checkpoint_store.retain([saved.blob for saved in kept if saved is not None])
            written, self._unwritten = self._unwritten, []
            for event in written:
                self._run_logger.tell(event, self.state)

    def _mark_changed(self, event: Event, new_best: bool) -> None:
        """Note which optimizers the next decision must look at: all if credits came free or there is news for all."""
        # of a budget, credits that come free may be given to any optimizer, and a new incumbent may be offered to any;
        # what else happens concerns one optimizer only
        freed = isinstance(event, _FREEING) and self._policies.exit.budget() is not None
        if freed or new_best:
            self._changed = None
        elif self._changed is not None and isinstance(event, _CHANGING):
            self._changed.add(event.opt)

    def _next_deadline(self, view: RunView) -> float | None:
        """Return the next run time at which a decision may change although nothing happens."""
        due = [next_escalation(view, self._policies)]
        if view.ending is None:
            due.append(self._policies.exit.deadline(view))
        if view.goes_on:
            due += next_checkpoint(view, self._policies), next_reclaim(view, self._policies)
        return min([one for one in due if one is not None], default=None)

    def _patience(self, deadline: float | None) -> float | None:
        """Return how many seconds nothing needs to be done unless a worker speaks."""
        now = self._clock.now()
        until = None if deadline is None else max(0.0, deadline - now)
        waits = (self._log.due(), self._inbox.due(), self._run_logger.due(now), until)
        return min([wait for wait in waits if wait is not None], default=None)

    def _show(self, view: RunView) -> bool:
        """Show the run to what watches it, and say whether any of that wants it to end."""
        enough = False
        for observer in list(self._observers):
            try:
                observer.update(view)
            except StopIteration:
                enough = True
            except Exception:
                logger.exception("observer %r failed and is not asked again", observer)
                self._observers.remove(observer)
        return enough

    def _abandon(self, reason: str) -> None:
        """Ask all optimizers to stop without waiting for them."""
        verdict = Verdict(True, Reason.SESSION, reason)
        for opt in [opt for opt, one in self.state.alive.items() if one.stop is None]:
            stop = events.StopRequested(self._clock.now(), opt, By.SESSION, verdict)
            self._quietly(self._record, [stop])
            dispatch(stop, self._backend, self._job, self.state, self._log.history)

    def _leave(self, reason: str) -> None:
        if self._sampler is not None:  # workers are still there to be counted
            self._quietly(self._record, self._sampler.finish(self.state, self._clock.now()))
        self._quietly(self._log.commit)  # workers may be slow to leave, and the machine does not wait for them
        left_behind = self._backend.close(0.0 if reason == TWICE else EXIT_GRACE)
        if left_behind:
            logger.warning("optimizers %s are still inside the task; their threads end with it", left_behind)
        self._finish_checkpoint(reason)
        self._quietly(self._record, [events.SessionClosed(self._clock.now(), reason)])
        self._inbox.close()
        try:
            self._log.close(None if self._unwritten or reason == TWICE else self.state)
        except StoreError as error:
            logger.error("%s", error)
        view = self.view
        for observer in self._observers:
            try:
                observer.close(view)
            except StopIteration:  # it ends anyway
                continue
            except Exception:
                logger.exception("observer %r failed", observer)

    def _finish_checkpoint(self, reason: str) -> None:
        """Wait for the file that is being written; give up a checkpoint that still waits for states."""
        # the workers have gone: states that have not come will not, but a file that is being written is worth the wait
        begun = self.state.checkpoints.begun
        self._quietly(partial(self._close_checkpoint, wait=True))
        self._job.checkpoint_store.close()
        if begun is not None and self.state.checkpoints.begun is not None:
            why = f"the session ended: {reason}"
            given_up = events.CheckpointClosed(self._clock.now(), begun.n, CheckpointOutcome.ABANDONED, why)
            self._quietly(self._record, [given_up])

    def _quietly(self, write: Callable[..., object], *happened: list[Event]) -> None:
        """Write on the way out, where an error must not hide the first one."""
        try:
            write(*happened)
        except (StoreError, InternalError) as error:
            logger.error("%s", error)


def _blame(error: Exception) -> PolicyError:
    new = PolicyError(f"a policy raised {type(error).__name__}: {error}; see the traceback for which one")
    new.__cause__ = error
    return new
