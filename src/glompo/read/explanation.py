"""Why did an optimizer start, what was decided about it, and why did it end? A page of plain text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from glompo.core.state.lifecycle import How
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError, SettingError, UserError
from glompo.events import (
    Asked,
    Diverged,
    Escalated,
    Event,
    IncumbentTaken,
    Noted,
    PauseRequested,
    Recovered,
    ResumeRequested,
)
from glompo.events.enums import By
from glompo.read.life import Gain, Life, Question, Stretch, life_of
from glompo.read.optimizer_row import OptimizerRow
from glompo.read.result import Result
from glompo.read.result_text import causes, counted
from glompo.read.run_opening import opening_of
from glompo.read.verdict_lines import verdict_lines
from glompo.safe_text import legible

Ask: TypeAlias = Callable[[int], Sequence[Stretch]]
"""Asks the stoppers of a run again what they were asked about an optimizer; raises UserError if that cannot be done."""

INDENT = " " * 10
"""Width of the words at the left."""

STRETCHES = 8
"""Stretches of alike answers that are told: the first ones, and the last."""

STEPS = 20
"""Requests and lines of its log that are told: the first and the last half of them."""

GAINS = 8
"""Improvements that are told, of many evenly on a logarithmic scale."""

NUMBERS = 12
"""Parameters of a point that are told."""


def explanation(run_dir: Path, view: RunView, result: Result, events: Iterable[Event], opt: int, ask: Ask) -> str:
    """Return why an optimizer started, what was decided about it, and why it ended.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    view : RunView
        The run.
    result : Result
        Its result so far.
    events : iterable of Event
        What happened in it.
    opt : int
        Number of the optimizer.
    ask : callable
        Asks the stoppers of the run again what they saw when they let it live.

    Raises
    ------
    SettingError
        If there is no optimizer of that number.
    """
    if opt not in view:
        there = f"it has 1 to {view.n_started}" if view.n_started else "none has started yet"
        raise SettingError(f"the run in {run_dir} has no optimizer {opt}; {there}")
    row, opening, life = result.optimizers[opt - 1], opening_of(view), life_of(events, opt)
    chapters = (
        ("started", _started(life, row, opening.names)),
        ("waited", _waited(row)),
        ("judged", _judged(life, str(opening.settings.get("stoppers") or ""), ask)),
        ("evaluated", _evaluated(life, row, opening.names)),
        ("happened", _happened(life)),
        ("ended", _ended(life, row)),
        ("the run", _beside(view, result, row)),
    )
    head = f"optimizer {opt} ({legible(row.name)}): {legible(row.ending)}"
    return "\n".join([head, *(line for word, lines in chapters for line in _chapter(word, lines))])


def _chapter(word: str, lines: Iterable[str]) -> Iterator[str]:
    for i, line in enumerate(lines):
        yield f"{word if i == 0 else '':<{len(INDENT)}}{line}"


def _started(life: Life, row: OptimizerRow, names: Sequence[str]) -> Iterator[str]:
    at = life.start.at if life.start else row.started_at
    yield f"{_clock(at)} after {counted(life.before, 'evaluation')} of the run, because: {legible(row.started_because)}"
    if row.regime:
        yield f"for the regime {legible(row.regime)} of the portfolio"
    given = [f"{name}={value!r}" for name, value in row.config.items() if name != "*"]
    settings = ", ".join([*map(repr, row.config.get("*", ())), *given])
    yield f"{legible(row.kind)}({legible(settings)}) with {counted(row.slots, 'slot')}"
    yield f"at {_point(row.x0, names)}"


def _waited(row: OptimizerRow) -> Iterator[str]:
    if row.waited:
        yield f"for {counted(row.waited, 'evaluation')} that others made while the allocator gave it nothing"
    else:
        yield "never for evaluations of others"


def _judged(life: Life, rules: str, ask: Ask) -> Iterator[str]:
    if not rules and not life.judged:
        yield "never: the run has no stoppers"
        return
    if not life.judged and life.stop is None:
        yield f"never yet by {legible(rules)}"
        return
    by = f" by {legible(rules)}" if rules else ""
    told = f"{counted(len(life.judged), 'time')}{by} and allowed to go on"
    if life.judged:
        told += f", first at its evaluation {life.judged[0]:,} and last at {life.judged[-1]:,}"
    yield told
    try:
        stretches = ask(life.opt)
    except (UserError, PolicyError) as error:
        yield f"what they saw cannot be told: {legible(error)}"
        return
    yield from _stretches(stretches)


def _stretches(stretches: Sequence[Stretch]) -> Iterator[str]:
    left_out = len(stretches) - STRETCHES
    for i, stretch in enumerate(stretches):
        if i < STRETCHES - 1 or stretch is stretches[-1]:
            yield from _stretch(stretch, i == 0)
        elif i == STRETCHES - 1:
            yield f"... {counted(left_out, 'further change')} of the answers ..."


def _stretch(stretch: Stretch, first: bool) -> Iterator[str]:
    yield from _question(stretch.first, "" if first else "answers changed ")
    if stretch.n > 2:
        yield f"    {counted(stretch.n - 2, 'question')} with the same answers, then"
    if stretch.n > 1:
        yield from _question(stretch.last, "")


def _question(question: Question, why: str) -> Iterator[str]:
    said = "stop, see below" if question.verdict.fired else "go on"
    yield f"{why}at its evaluation {question.evaluations:,} ({_clock(question.at)}): {said}"
    if not question.verdict.fired:
        yield from verdict_lines(question.verdict, 1)


def _evaluated(life: Life, row: OptimizerRow, names: Sequence[str]) -> Iterator[str]:
    failed = f"; not ok: {causes(dict(life.causes.most_common()))}" if life.causes else ""
    yield f"{counted(row.evaluations, 'time')}{failed}"
    if row.best_x is None:
        yield "and found no valid value"
        return
    improved = f", and {counted(row.improvements, 'batch', 'batches')} improved the best value of the run"
    yield f"{counted(len(life.gains), 'evaluation')} improved its own best value{improved}"
    for gain in _spread(life.gains):
        yield f"    {gain.f:.8g} at its evaluation {gain.k:,} ({_clock(gain.at)})"
    yield f"best at {_point(row.best_x, names)}"


def _spread(gains: Sequence[Gain]) -> list[Gain]:
    """Return the first and the last improvement, and some between them."""
    if len(gains) <= GAINS:
        return list(gains)
    places = np.unique(np.geomspace(1, len(gains), GAINS).round().astype(int) - 1)
    return [gains[place] for place in places]


def _happened(life: Life) -> Iterator[str]:
    half = STEPS // 2
    steps = life.steps
    cut = len(steps) > STEPS
    for i, event in enumerate([*steps[:half], *steps[-half:]] if cut else steps):
        if cut and i == half:
            yield f"... {len(steps) - STEPS + life.left_out:,} more"
        yield f"{_clock(event.at)} {_step(event)}"


def _step(event: Event) -> str:
    """Return what was asked of an optimizer, or what it said, in one line."""
    match event:
        case Noted():
            return f"said: {legible(event.text)}"
        case PauseRequested():
            return f"was put to rest by {_who(event.by)}: {legible(event.verdict.reason())}"
        case ResumeRequested():
            return f"was to go on, by {_who(event.by)}: {legible(event.verdict.reason())}"
        case IncumbentTaken():
            return f"took the best point of the run, {event.f:.8g}, after its evaluation {event.at_k:,}"
        case Asked():
            return f"{legible(event.what)} was asked for by {legible(event.who)}"
        case Escalated():
            return f"did not stop when asked: {legible(event.rung)}, {legible(event.why)}"
        case Recovered():
            return f"came back after its evaluation {event.k:,} by {legible(event.way)}"
        case Diverged():
            then = event.then or "nothing: it was given up"
            return f"could not come back by {legible(event.way)}: {legible(event.why)}; then {legible(then)}"
    return type(event).__name__


def _ended(life: Life, row: OptimizerRow) -> Iterator[str]:
    stop = life.stop
    if stop is not None:
        yield f"{_clock(stop.at)} asked to stop by {_who(stop.by)}"
        yield from (f"    {line}" for line in verdict_lines(stop.verdict))
    if row.how is None:
        yield f"not yet: {legible(row.ending)}"
        return
    yield f"{_clock(row.ended_at)} {row.how}: {_MEANING[How(row.how)]}"
    if row.ended_because and stop is None:
        yield f"it said: {legible(row.ended_because)}"
    elif life.stopped is not None and life.stopped.note not in ("", stop.verdict.reason() if stop else ""):
        yield f"its worker said: {legible(life.stopped.note)}"


_MEANING = {
    How.CONVERGED: "its search ended by itself",
    How.EXHAUSTED: "its search ended by itself, without success",
    How.STOPPED: "it returned after it was asked to stop",
    How.CUT: "it called the task after it was asked to stop, and was ended there",
    How.CRASHED: "it raised an error",
    How.LOST: "its process died",
    How.FORCED: "its process did not stop when asked, and was ended",
}


def _beside(view: RunView, result: Result, row: OptimizerRow) -> Iterator[str]:
    if row.best_x is not None:
        place = 1 + sum(one.best_f < row.best_f for one in result.optimizers)
        yield f"its best value is number {place:,} of {counted(len(result.optimizers), 'optimizer')}"
    winner = view.best
    if winner is not None:
        whose = "found by it" if winner.opt == row.opt_id else f"found by optimizer {winner.opt}"
        yield f"best of the run {winner.f:.8g}, {whose}; {legible(result.message)}"


_WHO: dict[str, str] = {
    By.STOPPER: "the stoppers",
    By.FREEZER: "the freezer",
    By.EXIT: "the end of the run",
    By.SILENCE: "the library, since it was silent",
    By.USER: "the user",
    By.SESSION: "the end of the session",
    By.SLOTS: "the number of slots",
}


def _who(by: str) -> str:
    return _WHO.get(by, by)


def _point(x: NDArray[np.float64], names: Sequence[str]) -> str:
    told = [f"{legible(name)} = {value:.6g}" for name, value in zip(names, x.tolist(), strict=True)]
    more = [f"and {len(told) - NUMBERS} more"] if len(told) > NUMBERS else []
    return ", ".join([*told[:NUMBERS], *more])


def _clock(seconds: float | None) -> str:
    """Return a run time as h:mm:ss with hundredths."""
    if seconds is None or not math.isfinite(seconds):
        return "at an unknown time"
    whole, rest = divmod(max(0.0, seconds), 60)
    return f"{int(whole) // 60}:{int(whole) % 60:02}:{rest:05.2f}"
