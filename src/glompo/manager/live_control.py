"""Asking a run for something while it goes on: from Python, in this process or in another."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from glompo.errors import NotAliveError, RefusedError, SettingError, UnansweredError
from glompo.events.enums import RequestKind
from glompo.manager.injected_point import checked_point
from glompo.read import Follower
from glompo.read.locate import run_directory
from glompo.storage.inbox import Request, answer, ask, withdraw
from glompo.storage.lease_state import host_name, writer_lives
from glompo.validation import number

PATIENCE = 10.0
"""Seconds that a request may wait for the run by default; it looks every half second."""


def control(run_dir: str | os.PathLike[str], patience: float = PATIENCE) -> Control:
    """Return what controls the run in a directory while it goes on.

    It may be used from any thread or process, and from another machine that sees the directory. Each request is
    recorded in the journal of the run. Asking twice for the same thing does no harm.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run.
    patience : float
        Seconds that a request waits until the run has taken it; 0 returns without waiting, which is what a callback
        of the run itself must do.

    Raises
    ------
    UserError
        If the directory holds no run.

    Examples
    --------
    >>> import glompo
    >>> glompo.control("fit_run").stop(3)  # doctest: +SKIP
    """
    return Control(run_directory(run_dir), number("control", "patience", patience, 0.0))


class Control:
    """Asks a living run for something; made by :func:`control`.

    Each method returns when the run has taken the request, and raises

    * :class:`~glompo.errors.RefusedError` if it cannot be done, with the reason;
    * :class:`~glompo.errors.NotAliveError` if no process works on the run;
    * :class:`~glompo.errors.UnansweredError` if the run did not look in time; the request is taken back.
    """

    def __init__(self, run_dir: Path, patience: float) -> None:
        self._run_dir = run_dir
        self._patience = patience

    def __repr__(self) -> str:
        return f"control({str(self._run_dir)!r}, patience={self._patience:g})"

    def end(self) -> None:
        """End the run, as if its exit condition held."""
        self._ask(RequestKind.END)

    def suspend(self) -> None:
        """End this session in order, as Ctrl-C does; the run can be resumed. Its earlier name is `leave`."""
        self._ask(RequestKind.LEAVE)

    leave = suspend

    def stop(self, opt: int) -> None:
        """Stop optimizer `opt`."""
        self._ask(RequestKind.STOP, opt=opt)

    def pause(self, opt: int) -> None:
        """Let optimizer `opt` rest, also in later sessions, until :meth:`unpause`; others may use its slots."""
        self._ask(RequestKind.PAUSE, opt=opt)

    def unpause(self, opt: int) -> None:
        """Let optimizer `opt` go on; if no slots are free for it, the youngest others rest until there are.

        Its earlier name is `go_on`.
        """
        self._ask(RequestKind.GO_ON, opt=opt)

    go_on = unpause

    def slots(self, n: int) -> None:
        """Let `n` evaluations be in flight at once, for the rest of this session.

        If there are fewer than before, the youngest optimizers rest once their evaluations under way are done, until
        there is room again; none of them is ended.
        """
        self._ask(RequestKind.SLOTS, amount=n)

    def budget(self, n: int) -> None:
        """Let the run make `n` evaluations in all, instead of its MaxTotalFunctionCalls, for the rest of this session.

        What was granted already is still evaluated.
        """
        self._ask(RequestKind.BUDGET, amount=n)

    def inject(self, x: Sequence[float] | Mapping[str, float]) -> None:
        """Evaluate a point, tell the optimizers that are worse of it, and start the next optimizer there.

        It counts as one evaluation of the budget. If no slot is free, the youngest optimizer rests until it is
        evaluated.

        Parameters
        ----------
        x : sequence of float, or mapping of str to float
            Its d parameters in natural units, in order or by their names.

        Raises
        ------
        UserError
            If it does not fit the parameters of the run; nothing is asked then.
        """
        self._check_alive()
        follower = Follower(self._run_dir)
        view = follower.poll()
        if not follower.begun:
            raise SettingError(
                f"nothing has been recorded of the run in {self._run_dir} yet; ask again when it has begun"
            )
        self._ask(RequestKind.INJECT, x=checked_point(x, view))

    def checkpoint(self) -> None:
        """Ask for a checkpoint."""
        self._ask(RequestKind.CHECKPOINT)

    def _ask(self, what: str, opt: int = 0, amount: int = 0, x: tuple[float, ...] = ()) -> None:
        self._check_alive()
        name = ask(self._run_dir, Request(what, _who(), opt, amount, x))
        end = time.monotonic() + self._patience
        while self._patience and (said := answer(self._run_dir, name)) != "":
            if said is not None:
                raise RefusedError(f"the run in {self._run_dir} refused: {said}")
            self._wait_on(name, end)

    def _check_alive(self) -> None:
        if not writer_lives(self._run_dir):
            raise self._not_alive()

    def _wait_on(self, name: str, end: float) -> None:
        """Wait a moment for the answer to a request; take it back if there will be none."""
        alive = writer_lives(self._run_dir)
        if alive and time.monotonic() < end:
            time.sleep(0.02)
        elif withdraw(self._run_dir, name):
            if not alive:
                raise self._not_alive()
            raise UnansweredError(
                f"the run in {self._run_dir} did not look into its inbox for {self._patience:g} s, though its process "
                "lives; the request was taken back, try again"
            )

    def _not_alive(self) -> NotAliveError:
        return NotAliveError(
            f"no process works on the run in {self._run_dir}, so it cannot be asked for anything; resume it first"
        )


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may know this user by number only
        user = str(os.getuid())
    return f"{user}@{host_name()}"
