"""How long an evaluation may take and how much memory it may hold: the settings, and how they are kept."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.pool.process_tree import LINUX, process_trees, resident
from glompo.validation import as_real, as_whole

SMALLEST_MEMORY = 32 * 2**20
"""Bytes that an interpreter with numpy holds before any task is loaded; less is a mistake of the unit."""

ADAPTIVE_AFTER = 10
"""Evaluations that must be known before a deadline is derived from them."""

ADAPTIVE_LEAST = 1.0
"""Seconds below which a derived deadline never falls: a busy machine delays short evaluations by many times."""

EVALUATION_GRACE = 0.4
"""Seconds between SIGTERM and SIGKILL, unless the user says: an evaluation that hangs is over soon after a deadline."""

MEDIAN_OVER = 101
"""Evaluations of which the running median is taken."""

MEMORY_PERIOD = 0.05
"""Seconds between two looks. A limit cannot be kept without looking: the kernel limits single processes only, by
address space, which many programs reserve and never use."""

SCAN_SHARE = 20
"""A look at all processes of the machine is taken only when this many times its own duration has passed."""

LEAKED_SHARE = 0.8
"""Share of the limit that a process may still hold between evaluations; one that holds more has leaked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an evaluation may use.

    Attributes
    ----------
    timeout : float or None
        Wall-clock seconds.
    adaptive_timeout : float or None
        Times the running median of the evaluations so far; where both are given, the smaller holds.
    memory : int or None
        Bytes in memory, of the worker process (interpreter and libraries included) and everything that it started.
    grace : float
        Seconds between SIGTERM and SIGKILL.
    """

    timeout: float | None = None
    adaptive_timeout: float | None = None
    memory: int | None = None
    grace: float = EVALUATION_GRACE

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises
        ------
        SettingTypeError, SettingError
            If a limit is no number, or a number that cannot be meant.
        """
        if self.timeout is not None and not 0 < _number(self.timeout, "timeout") < math.inf:
            raise SettingError(f"timeout is {self.timeout}; give seconds above 0, or None for no deadline")
        if self.adaptive_timeout is not None and not 1 < _number(self.adaptive_timeout, "adaptive_timeout") < math.inf:
            raise SettingError(
                f"adaptive_timeout is {self.adaptive_timeout}; give a factor above 1 (it multiplies the running "
                "median), or None"
            )
        if not 0 <= _number(self.grace, "grace") < math.inf:
            raise SettingError(f"grace is {self.grace}; give the seconds from SIGTERM to SIGKILL, 0 or more")
        if self.memory is not None:
            _check_memory(self.memory)

    def keywords(self) -> dict[str, Any]:
        """Return the limits by the names under which evaluators take them."""
        return {
            "timeout": self.timeout,
            "adaptive_timeout": self.adaptive_timeout,
            "memory_limit": self.memory,
            "grace": self.grace,
        }

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return not (self.timeout is None and self.adaptive_timeout is None and self.memory is None)


class MemoryWatch:
    """Sums the resident memory of worker processes and what they have started."""

    def __init__(self, limit: int | None) -> None:
        self._limit = math.inf if limit is None else limit
        self._members: dict[int, list[int]] = {}
        self._look_again = -math.inf
        # when the next look is due, on the clock that :meth:`over` is told
        self.due = math.inf if limit is None else -math.inf

    @property
    def on(self) -> bool:
        """Whether there is a limit."""
        return self._limit < math.inf

    def over(self, now: float, leaders: Sequence[int]) -> dict[int, int]:
        """Return the bytes held by each process tree that holds more than the limit, by its leader."""
        self.due = now + MEMORY_PERIOD
        if not leaders:
            return {}
        if now >= self._look_again:
            begin = perf_counter()
            self._members = process_trees(leaders)
            self._look_again = now + SCAN_SHARE * (perf_counter() - begin)
        held = {leader: sum(map(resident, (leader, *self._members.get(leader, ())))) for leader in leaders}
        return {leader: size for leader, size in held.items() if size > self._limit}

    def has_leaked(self, pid: int) -> bool:
        """Return whether a process holds too much although it is idle."""
        return self.on and resident(pid) > LEAKED_SHARE * self._limit


class Deadlines:
    """The deadline of the next evaluation, from fixed and adaptive limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def note(self, seconds: float) -> None:
        """Count an evaluation that gave a value, or was ended at its deadline, after `seconds`.

        Those that ended at their deadline count too, or a task that becomes slower would never get more time. Those
        that failed do not: many fail at once, and would take the time of the others away.
        """
        if self._limits.adaptive_timeout is None:
            return
        if len(self._recent) == MEDIAN_OVER:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        self._recent.append(seconds)
        insort(self._sorted, seconds)

    def seconds(self) -> float:
        """Return how long the next evaluation may take; inf without a limit."""
        return min(self._fixed(), self._adaptive())

    def reason(self, seconds: float) -> str:
        """Say why an evaluation was ended after `seconds`, in one line."""
        if seconds == self._fixed():
            return f"ended at its deadline of {seconds:g} s"
        return f"ended at its deadline of {seconds:.3g} s, from {self._limits.adaptive_timeout:g} × the running median"

    def _fixed(self) -> float:
        return math.inf if self._limits.timeout is None else self._limits.timeout

    def _adaptive(self) -> float:
        factor, n = self._limits.adaptive_timeout, len(self._sorted)
        if factor is None or n < ADAPTIVE_AFTER:
            return math.inf
        return max(ADAPTIVE_LEAST, factor * (self._sorted[n // 2] + self._sorted[(n - 1) // 2]) / 2)


def whole(value: object, name: str, least: int) -> int:
    """Return a whole number that was given as a setting.

    Raises
    ------
    SettingTypeError, SettingError
        If it is none, or less than `least`.
    """
    number = as_whole(value)
    if number is None:
        raise SettingTypeError(f"{name} is {value!r}; give a whole number")
    if number < least:
        raise SettingError(f"{name} is {value}; give {least} or more")
    return number


def size(number: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    return f"{number / 2**30:.2f} GiB" if number >= 2**30 else f"{number / 2**20:.0f} MiB"


def _number(value: object, name: str) -> float:
    number = as_real(value)
    if number is None:
        raise SettingTypeError(f"{name} is {value!r}; give a number")
    return number


def _check_memory(memory: object) -> None:
    number = as_whole(memory)
    if number is None:
        raise SettingTypeError(f"memory_limit is {memory!r}; give a whole number of bytes, such as 2 * 1024**3")
    if number < SMALLEST_MEMORY:
        raise SettingError(
            f"memory_limit is {memory} bytes, less than the interpreter itself holds ({size(SMALLEST_MEMORY)}); "
            "give bytes, such as 2 * 1024**3"
        )
    if not LINUX:
        raise SettingError("memory_limit needs /proc, which only Linux has; leave it out, or limit the task itself")
