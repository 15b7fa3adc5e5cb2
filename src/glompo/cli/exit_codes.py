"""Exit codes of the commands, and the signals by which batch queues announce that they will kill a job."""

SUCCESS, FAILURE, BAD_INPUT, REQUEUE, INTERRUPTED = 0, 1, 2, 75, 130
"""Done as asked; without success; a mistake in what was given; told to stop by a batch queue; interrupted otherwise."""

PREEMPTIONS = ("SIGTERM", "SIGUSR1")
"""Signals after which a job is to be put back into its queue."""


def exit_code_after(name: str | None) -> int:
    """Return the exit code of a run that a signal of this name, or a request, suspended."""
    return REQUEUE if name in PREEMPTIONS else INTERRUPTED
