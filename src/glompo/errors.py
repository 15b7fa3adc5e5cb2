"""Every error that GloMPO raises belongs to one of four families, by what is at fault.

A caller that catches :class:`UserError` can mend a setting and call again; a :class:`WorkerError` is about one
optimizer or one task; a :class:`StoreError` is about durable files; an :class:`InternalError` is a defect of ours.
Each message says what was wrong, with the value, and what to do instead.
"""

from __future__ import annotations

from glompo.safe_text import legible_lines


class GlompoError(Exception):
    """Base of every error raised by GloMPO.

    Its text may hold what others wrote, so it is shown with control characters escaped.
    """

    def __str__(self) -> str:
        return legible_lines(super().__str__())


class EndedError(GlompoError):
    """A run ended because something failed, whatever is at fault.

    Attributes
    ----------
    result : object
        The result of the run as far as it came.
    """

    def __init__(self, message: str, result: object = None) -> None:
        super().__init__(message)
        self.result = result

    @property
    def on_record(self) -> bool:
        """Whether every evaluation is on disk: always but for a task that was refused before it gave a value."""
        return getattr(self.result, "run_dir", "") is not None


class RunInterrupt(KeyboardInterrupt):
    """Ctrl-C ended a run, in order, and is to end what is around it as well.

    Attributes
    ----------
    result : object
        The result of the run as far as it came; it can be resumed.
    """

    def __init__(self, message: str, result: object = None) -> None:
        super().__init__(message)
        self.result = result


class UserError(GlompoError):
    """Something that the caller gave cannot be used; nothing has been written."""


class SettingError(UserError, ValueError):
    """A setting has a value that cannot be used."""


class SettingTypeError(UserError, TypeError):
    """A setting has a type that cannot be used."""


class RunExistsError(UserError, FileExistsError):
    """The working directory already holds a run."""


class NotAliveError(UserError):
    """A run was asked for something, but no process works on it."""


class RunOverError(UserError, ValueError):
    """A run that is driven from outside was asked for points after its end."""


class RefusedError(UserError):
    """A run was asked for something that cannot be done."""


class UnansweredError(GlompoError):
    """A run was asked for something and did not look in time."""


class PolicyError(EndedError, UserError):
    """A policy (stopper, exit condition, generator, selector) broke its contract or raised; its run ends in order."""


class TaskFailedError(EndedError, UserError):
    """The task failed too often to go on; the collected reasons are in the message."""


class TaskContractError(TaskFailedError):
    """The task is not what it says; raised by a task, it ends the run at that evaluation.

    Its extras are not those of `headers`, its residuals do not give its value, or a model lacks what is wanted of it.
    If no evaluation gave a value before, nothing of the run is kept, and its result has no `run_dir`.
    """


class WorkerError(GlompoError):
    """An optimizer or its worker failed."""


class EngineLostError(EndedError):
    """What evaluates the task takes no evaluations any more; the session ended in order, and the run can be resumed."""


class OptimizersFailedError(EndedError, WorkerError):
    """Too many optimizers in a row died or evaluated nothing; the collected reasons are in the message."""


class StoreError(GlompoError):
    """Durable files cannot be read or written."""


class CorruptJournalError(StoreError):
    """A journal is damaged before its tail; the message names the file and the offset."""


class LeaseHeldError(StoreError, UserError):
    """Another living process writes to this run directory."""


class CheckpointError(EndedError, StoreError):
    """A checkpoint had to be abandoned, and the run was to end if that happens."""


class InternalError(GlompoError):
    """A defect of GloMPO itself."""


class IllegalEventError(InternalError):
    """An event that cannot happen in the present state; the state is unchanged."""
