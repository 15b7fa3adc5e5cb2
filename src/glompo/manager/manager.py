"""The manager in its documented form."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self, Unpack

from glompo.core.state.run_state import RunState
from glompo.core.views.run_view import RunView
from glompo.engine.ports import Observer
from glompo.engine.session import find_run, open_session, still_over
from glompo.errors import PolicyError, UserError
from glompo.manager.callback import Callback
from glompo.manager.checkpoints import extras_of, loaded, packed_at_rest
from glompo.manager.live_control import control
from glompo.manager.summaries import write_summaries
from glompo.manager.wiring import engine_of, policies_of, progress_of, raise_if_hopeless, raise_if_interrupted
from glompo.optimizers.libraries import libraries_of
from glompo.read import Result, result_of
from glompo.safe_text import legible
from glompo.settings import ResumeSettings, RunSpec, SetupSettings, spelled_out
from glompo.settings.field import settings_of
from glompo.spec.task import with_brought
from glompo.storage.checkpoint_writer import Extras
from glompo.storage.short_runs import SHORT_SECONDS, mark_short
from glompo.validation import refuse_unknown
from glompo.worker.imports import import_all

logger = logging.getLogger("glompo.manager")


class GloMPOManager:
    """Manages several optimizers on one task.

    Constructing it does nothing; :meth:`setup` checks and keeps the settings, :meth:`start_manager` runs.
    """

    def __init__(self) -> None:
        self._spec: RunSpec | None = None
        self._extras: Callable[[], Extras]
        self._result: Result | None = None
        self._running: Path | None = None
        self._state: RunState | None = None

    def __repr__(self) -> str:
        if self._spec is None:
            return "<GloMPOManager before setup>"
        return legible(f"<GloMPOManager of {self._spec.opt_selector}: {self.run_dir or 'not started'}>")

    @property
    def is_initialised(self) -> bool:
        """Whether :meth:`setup` has been called."""
        return self._spec is not None

    @property
    def run_dir(self) -> Path | None:
        """Directory of the run, as soon as it can be asked for something there; None before."""
        return self._running or (self._result.run_dir if self._result is not None else None)

    @classmethod
    @spelled_out(SetupSettings)
    def new_manager(
        cls,
        task: Callable[..., Any] | str,
        bounds: Any,
        opt_selector: Any,
        working_dir: str | os.PathLike[str] | None = ".",
        **settings: Unpack[SetupSettings],
    ) -> Self:
        """Return a manager after :meth:`setup` with the same arguments."""
        manager = cls()
        manager.setup(task, bounds, opt_selector, working_dir, **settings)
        return manager

    @spelled_out(SetupSettings)
    def setup(
        self,
        task: Callable[..., Any] | str,
        bounds: Any,
        opt_selector: Any,
        working_dir: str | os.PathLike[str] | None = ".",
        **settings: Unpack[SetupSettings],
    ) -> None:
        """Check and keep the settings of the run; nothing is written.

        Parameters
        ----------
        task : callable or str
            ``task(x) -> float`` for x of shape (d,), or its import path ``"module:function"``.
        bounds : sequence of (min, max), ndarray of shape (d, 2), or scipy.optimize.Bounds
            Equal bounds fix a parameter. None for those that the task brings as its attribute ``bounds``; its
            attributes ``x0``, ``names``, ``scaler`` and ``is_log_detailed`` are then taken as well, where the settings
            do not say otherwise.
        opt_selector : BaseSelector, or optimizers
            What may start: a selector; or an optimizer class or its name, an instance as a template, a tuple
            ``(class, init kwargs, minimize kwargs)``, or a list of these, which are started in turn. None for the
            portfolio of :func:`~glompo.portfolio.default_portfolio`.
        working_dir : path-like, optional
            Directory of the run; None for a new one below ``glompo_runs``.
        label : str
            What this run is called in results, displays and lists; the name of the task stands beside it.
        overwrite_existing : bool
            Whether a run in `working_dir` may be set aside, into its folder ``replaced``.
        resume : {'never', 'auto', 'must'}
            Whether a run in `working_dir` is continued: its optimizers come back by what they saved, or by running
            their searches again on the recorded answers; budget, exit conditions, stoppers, slots and backend may be
            new.
        resume_task : {'same', 'changed'}
            Whether a run is continued only with the task that was recorded, which is known by its source and by the
            data that it holds; or also with another one, whose values are then mixed with those recorded before.
        max_jobs : int, optional
            Slots: evaluations in flight at once. By default the CPUs that this process may use, less one; -1 for
            all of them.
        backend : {'threads', 'processes'}
            Where optimizers live. Threads share the task with this process and take any callable; processes can be
            killed, and use several cores even if the task holds the interpreter lock.
        evaluator : {'inline', 'pool', 'dask://host:port', 'slurm'}, Executor, distributed.Client or Evaluator, optional
            Where the task is evaluated. By default beside the optimizer, 'inline', or, where there is a deadline or a
            memory limit, in the pool: in guarded processes that can be killed; guarded on the
            workers of a Dask cluster, or of batch jobs that are submitted for the run; on an engine of yours; or by an
            :class:`~glompo.evaluators.protocol.Evaluator` of yours, which is closed at the end of the run.
        cluster : mapping, optional
            Settings of a cluster that `evaluator` names, such as ``queue``, ``cores``, ``memory``, ``walltime``; see
            the page about clusters. Without such an evaluator they do nothing.
        evaluation_timeout : float, optional
            Seconds after which an evaluation is killed and recorded as a timeout; not with 'inline'.
        adaptive_timeout : float, optional
            The same, as a factor of the running median.
        memory_limit : int, optional
            Bytes that the process of an evaluation, and what it started, may hold; not with 'inline'.
        evaluation_grace : float
            Seconds that an evaluation which is ended gets to clean up, from SIGTERM to SIGKILL.
        evaluation_threads : int or None
            Threads that numerical libraries may use in an evaluation, where it has a process of its own or its
            optimizer has; None leaves what the environment says.
        exit_conditions : BaseExitCondition, or a sequence, of which one must hold
            By default the run ends when the first optimizer converges, or, without success, when one is exhausted.
        x0 : sequence of d numbers, or of k such points, optional
            Start of the first optimizer, or of the first k.
        known_points : (X, f), or an earlier run, optional
            What is known before: points of shape (n, d) with n values; or the directory or the result of an earlier
            run, of which the 1000 best evaluations inside the bounds are taken. After those of `x0`, up to ten
            optimizers start at the best of them that are a tenth of the box apart; in a portfolio the first alone. They
            are recorded, and no evaluations: budgets, targets and stoppers do not see them. The result is one of them
            if nothing better is found.
        integrality : 0, 1, or a sequence of d of them, optional
            1 for parameters that are rounded to whole numbers before the task gets them, as in SciPy. Optimizers search
            without steps, and what is recorded is rounded.
        x0_generator : BaseGenerator
            Where the others start; at random by default.
        stoppers : BaseStopper, or a sequence, of which one must hold
            Which optimizers are stopped; by default :class:`~glompo.stoppers.CatchUp`, asked about CMA-ES only, on
            which it was measured; none with ``()``.
        share_best_solutions : bool
            Whether the best point so far is offered to the other optimizers.
        stopper_interval : int
            Evaluations of an optimizer between two checks by the stoppers.
        stop_best : bool
            Whether the owner of the best point may be stopped as well.
        freezer : optional
            Which optimizers are paused, and resumed later; none by default.
        allocator : optional
            Which optimizers get the next evaluations; :class:`~glompo.allocators.EvenAllocator` by default.
        force_terminations_after : float
            Seconds without a sign of life after which an optimizer's process is ended; -1 for never.
        aggressive_kill : bool
            Whether the process of an optimizer that a stopper stops is ended at once.
        end_timeout : float
            Seconds that an optimizer gets to stop by itself. Then its process is ended; or, where it lives in a
            thread, its evaluations in the pool are, with the status CANCELLED.
        split_printstreams : bool, optional
            Whether what each optimizer prints goes into files of its own; by default, where it lives in a process.
        summary_files : {0, 1, 2, 3}
            What is written at the end: 1 ``glompo_manager_log.yml``; 2 also ``trajectories.png`` and
            ``trajectories_best.png``; 3 also ``glompo_log.h5``. Pictures need the extra 'plot', the last file 'hdf5'.
        is_log_detailed : bool
            Whether the task's `detailed_call` is used and all its values are recorded.
        scaler : {'none', 'linear', 'std', 'log'}, a sequence of them, or a mapping from names to them
            Scale of all parameters, of each, or by their `names` ('none' for those not named): natural units; [0, 1];
            [-1, 1]; or [0, 1] of the logarithm, which needs a lower bound above 0. Optimizers search, starts are drawn
            and distances are measured on it. An optimizer class that needs a scale gets its own. Task and records keep
            natural units.
        failure_policy : str or sequence of str
            What an optimizer gets for an evaluation that is nan, -inf, no number, or raises: ``'penalize'`` +inf, or
            another number with ``'penalize(1e6)'``; ``'worst_seen'`` the worst valid value that it has seen;
            ``'retry(2)'`` another two attempts before that, each a recorded call; with ``'raise'`` the run ends.
        max_failure_rate : float
            Share of failed evaluations at which the run ends, looked at after the first 20.
        durability : {'batch', 'always', 'none'}
            Whether records are forced to the disk every 100 ms, every time, or never.
        names : sequence of str, optional
            Names of the parameters.
        rng : None, int, SeedSequence, BitGenerator or Generator
            Seed of everything random in the run.
        deterministic : bool
            Whether the same seed gives the same run on any backend: each optimizer that is alive gets a block of
            evaluations, and decisions wait until all of them are used. Rules that look at the clock are not covered.
        checkpoint_control : CheckpointingControl, optional
            When checkpoints are made; by default only on request.
        save_states_every : int, optional
            Evaluations of an optimizer after which it saves its state, so that a resumption has less to repeat.
        on_divergence : {'warm-start', 'fail'}
            What becomes of an optimizer that no longer does what is recorded of it when a run is resumed: a new search
            begins at its best point, under the same number, or it has crashed.
        progress : bool or Observer, optional
            Whether to show progress.
        callback : callable or str, optional
            ``callback(intermediate_result)``, or its import path: called in the thread of the caller after evaluations
            have arrived, and once at the end, with the best point so far as ``scipy.optimize.OptimizeResult``. If it
            raises StopIteration, the run ends. Another exception is logged, and it is called no more.
        status_interval : float
            Seconds between two messages about the whole run in the logger ``glompo.run``.
        on_interrupt : {'return', 'raise'}
            What follows a Ctrl-C, once the session has ended in order: its result is returned, so that a script goes
            on with it, or :class:`~glompo.errors.RunInterrupt`, a KeyboardInterrupt, is raised. It is raised in any
            case if the run before this one, in the same process, was interrupted as well: that ends a loop of runs.
        configuration : mapping, optional
            The configuration file that these settings come from, to be kept in `working_dir` for ``glompo resume``.

        Raises
        ------
        SettingError, SettingTypeError
            Naming the setting, its value and the remedy.
        """
        self._refuse_twice()
        refuse_unknown("setup", settings, settings_of(RunSpec), peers="first")
        ours = {"task": task, "bounds": bounds, "opt_selector": opt_selector, "working_dir": working_dir}
        given = with_brought(ours | settings)
        self._spec = spec = RunSpec.of(given)
        self._extras = partial(extras_of, given, spec)

    def start_manager(self, *observers: Observer) -> Result:
        """Run to the end and return the result.

        Parameters
        ----------
        *observers : Observer
            What watches the run, beside `progress`.

        Returns
        -------
        Result
            The best point, and how every optimizer started and ended.

        Raises
        ------
        RunExistsError, LeaseHeldError
            If the working directory holds another run, or a living process works in it.
        TaskFailedError
            If every evaluation failed.
        OptimizersFailedError
            If the optimizers failed.
        EngineLostError
            If what evaluates the task takes no evaluations any more; the same call with ``resume="auto"`` goes on.
        CheckpointError
            If a checkpoint had to be abandoned and `raise_checkpoint_fail` is set.
        PolicyError
            If a policy raised or broke its contract. The run has ended in order; as with the other errors that end
            it, `result` of the error is what it found.
        """
        spec = self._checked_spec()
        policies, options = policies_of(spec), spec.opt_selector.options
        progress = progress_of(spec.progress)
        callback = None if spec.callback is None else Callback(spec.callback)
        watching = [one for one in (progress, callback, *observers) if one is not None]
        found = find_run(spec, spec.resume, options)
        if found is not None and still_over(found, spec, policies):
            logger.info("the run in %s is over under these settings; nothing was done", spec.working_dir)
            view = RunView(found.state, found.state.at)
            self._state, self._result = found.state, result_of(view, spec.working_dir)
            for observer in watching:
                observer.close(view)
            return self._concluded(spec, found.state)
        in_threads, libraries = spec.backend == "threads", libraries_of(options)
        if in_threads:
            import_all(libraries)  # before the clock starts, and not between the first evaluations
        shared = spec.evaluation.shared(spec.task.sent, spec.max_jobs, spec.is_log_detailed) if in_threads else None
        try:
            session = open_session(spec, found, options)
            try:
                engine = engine_of(spec, session, policies, shared, self._extras, watching, libraries)
                self._running = session.run_dir
                engine.run()
            finally:
                session.abandon()  # also if it could not begin its work: nothing is held any more
                self._state = session.state
                self._result = result_of(RunView(session.state, session.state.at), session.kept())
                self._running = None
        except PolicyError as error:
            if self._result is not None:
                error.args, error.result = (f"{error}; the records are in {self._result.run_dir}",), self._result
            raise
        finally:
            if shared is not None:
                shared.close(kill=True)  # evaluations still under way are of no use to any optimizer
        return self._concluded(spec, session.state)

    def _checked_spec(self) -> RunSpec:
        if self._spec is None:
            raise UserError("this manager has not been set up; call setup(...) first")
        return self._spec

    def _concluded(self, spec: RunSpec, state: RunState) -> Result:
        """Return the result, or raise where an empty one would hide that nothing worked."""
        assert self._result is not None  # just found
        run_dir, over = self._result.run_dir, state.finished is not None
        if run_dir is not None and spec.working_dir is None and over and state.at <= SHORT_SECONDS:
            mark_short(run_dir)
        if run_dir is not None and spec.summary_files:
            self.write_summary_file()
        raise_if_hopeless(self._result, state)
        raise_if_interrupted(self._result, spec.on_interrupt)
        return self._result

    def checkpoint(self) -> Path | None:
        """Make a checkpoint and return the file; while the run goes on, ask for one, from any thread, and return None.

        Raises
        ------
        UserError, StoreError
            If there is no run yet, or the file cannot be written.
        """
        if self._running is not None:
            control(self._running, patience=0.0).checkpoint()
            return None
        return packed_at_rest(self._checked_spec(), self._result, self._extras)

    def load_checkpoint(
        self,
        path: str | os.PathLike[str],
        task_loader: Callable[[Path], Any] | None = None,
        task: Callable[..., Any] | str | None = None,
        **overrides: Unpack[ResumeSettings],
    ) -> None:
        """Set this manager up such that :meth:`start_manager` goes on with a run.

        Parameters
        ----------
        path : path-like
            A checkpoint file, which is unpacked into a new directory; or the directory of a run. What a file holds of
            settings and task is unpickled: load only files that you trust.
        task_loader : callable, optional
            Called with the path of what the task's `checkpoint_save` wrote; returns the task.
        task : callable or str, optional
            The task, instead of the saved one.
        **overrides
            Arguments of :meth:`setup` that replace the saved ones, such as `exit_conditions`, `max_jobs`, `backend`;
            `working_dir` says where a file is unpacked, by default beside it. In place of `exit_conditions` there may
            be `max_evaluations`, `max_seconds` and `target`, as in :func:`glompo.minimize`. Bounds and seed
            cannot change.

        Raises
        ------
        UserError, StoreError
            If something has to be given that was not saved; if the file is damaged, dangerous or of a newer format.
        """
        self._refuse_twice()
        self.setup(**loaded(path, task_loader, task, overrides))

    @classmethod
    def load_manager(
        cls,
        path: str | os.PathLike[str],
        task_loader: Callable[[Path], Any] | None = None,
        task: Callable[..., Any] | str | None = None,
        **overrides: Unpack[ResumeSettings],
    ) -> Self:
        """Return a manager after :meth:`load_checkpoint` with the same arguments."""
        manager = cls()
        manager.load_checkpoint(path, task_loader, task, **overrides)
        return manager

    def _refuse_twice(self) -> None:
        if self._spec is not None:
            raise UserError("this manager has been set up already; make a new one for another run")

    def write_summary_file(self, dump_dir: str | os.PathLike[str] | None = None) -> Path:
        """Write the files of `summary_files`, and ``glompo_manager_log.yml`` in any case, and return the path of that.

        Parameters
        ----------
        dump_dir : path-like, optional
            Where to write; the run directory by default. It is made if need be.

        Raises
        ------
        UserError
            If nothing has been run yet.
        StoreError
            If a file cannot be written.
        """
        result, spec = self._result, self._spec
        if result is None or spec is None or self._state is None or result.run_dir is None:
            raise UserError("there is nothing to summarise yet; call start_manager() first")
        folder = result.run_dir if dump_dir is None else Path(dump_dir)
        return write_summaries(result, self._state, spec.describe(), spec.summary_files, folder)
