"""What a Ctrl-C that has ended a run means for the code around it.

One ends the run, and its result is returned. In a loop of runs the next one then begins; so if that is interrupted as
well, KeyboardInterrupt is raised, which ends the loop.
"""

from __future__ import annotations

from glompo.errors import RunInterrupt
from glompo.read import Result

ON_INTERRUPT = ("return", "raise")
"""What may be done when Ctrl-C has ended a run."""


class _Last:
    """Whether the last run of this process was interrupted."""

    interrupted = False


def heed(result: Result, on_interrupt: str) -> None:
    """Raise if Ctrl-C has ended this run, and the one before it too or `on_interrupt` says so.

    Raises
    ------
    RunInterrupt
        With the result.
    """
    interrupted = result.left_by == "SIGINT"
    raises = interrupted and (on_interrupt == "raise" or _Last.interrupted)
    _Last.interrupted = interrupted and not raises  # one who has left a loop begins anew
    if raises:
        raise RunInterrupt(f"the run in {result.run_dir} was interrupted; it can be resumed", result)
