"""Numbers, counts and states as people read them."""

from __future__ import annotations

import math

from glompo.read import OptimizerRow, RunStatus, Summary
from glompo.read.result_text import causes, slots_held
from glompo.read.result_text import counted as counted
from glompo.safe_text import legible

EXAMPLES = 5
"""Causes of failed evaluations of which an example is shown, at most."""


def clock(seconds: float) -> str:
    """Return a duration as h:mm:ss."""
    whole = int(max(0.0, seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def value(f: float) -> str:
    """Return a value of the task with the digits that matter to the eye."""
    return f"{f:.7g}" if math.isfinite(f) else "none"


def pace(rate: float) -> str:
    """Return evaluations per second, or seconds per evaluation where that is the better number."""
    if rate <= 0:
        return "no evaluation yet"
    if rate < 0.5:
        return f"{1 / rate:.3g} s each"
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s"


def share(summary: Summary) -> str:
    """Return the evaluations, and of how many."""
    failed = f", {summary.failures:,} failed" if summary.failures else ""
    if summary.budget is None:
        return counted(summary.calls, "evaluation") + failed
    if summary.calls > summary.budget:  # a run can be resumed with a budget that it has already spent
        return f"{counted(summary.calls, 'evaluation')}, more than the budget of {summary.budget:,}{failed}"
    return f"{summary.calls:,} of {counted(summary.budget, 'evaluation')}{failed}"


def slots(summary: Summary) -> str:
    """Return how many slots are held; only their number where no process works on the run."""
    if summary.standing is not RunStatus.RUNNING:
        return counted(summary.slots, "slot")
    return slots_held(summary.slots, summary.used_slots, summary.alive - summary.paused)


def crowding(summary: Summary) -> list[str]:
    """Return a line about evaluations that have to share processors, or that the default makes one by one, if so."""
    if summary.slots == 1 and 0 < summary.cpus <= 2:  # a processor is left free
        return [f"one evaluation at a time: max_jobs is 1, the default on {counted(summary.cpus, 'CPU')}"]
    if not 0 < summary.cpus < summary.slots:
        return []
    return [f"{counted(summary.slots, 'evaluation')} at once on {counted(summary.cpus, 'CPU')}"]


def resources(summary: Summary) -> list[str]:
    """Return a line about what the session used of its machine, if that is on record."""
    used = summary.resources
    if used is None:
        return []
    of = f" of {used.cpus}" if used.cpus else ""
    told = [f"busy slots {used.busy:.0%}".replace("%", " %"), f"CPU {used.cpu:.1f}{of}"]
    told += [f"memory {used.memory / 1e6:,.0f} MB"] if used.memory else []
    told += [] if math.isnan(used.load) else [f"load {used.load:.1f}"]
    return [", ".join(told)]


def failures(summary: Summary) -> list[str]:
    """Return why evaluations failed: how many for each cause, and an example of each cause."""
    if not summary.causes:
        return []
    counts = {cause: n for cause, n, _ in summary.causes}
    told = f"{counted(summary.failures, 'evaluation')} failed: {causes(counts)}"
    if len(counts) == 1 and len(summary.reasons) == 1:
        return [f"{counted(summary.failures, 'evaluation')} failed: {legible(summary.reasons[0][0])}"]
    alike = dict(summary.reasons)
    return [
        told,
        *(
            f"    {counted(alike.get(reason, 1), 'evaluation')} failed: {legible(reason)}"
            for _, _, reason in summary.causes[:EXAMPLES]
        ),
    ]


def census(summary: Summary) -> str:
    """Return how many optimizers live and how the others ended."""
    ends = [f"{n} {how}" for how, n in summary.ends.items() if n]
    if not summary.standing.over:
        word = "alive" if summary.standing is RunStatus.RUNNING else "suspended"
        ends.insert(0, f"{summary.alive} {word}" + (f" ({summary.paused} paused)" if summary.paused else ""))
    return ", ".join(ends) or "none started"


def regimes(summary: Summary) -> str:
    """Return what share of the evaluations each regime of a portfolio has had, and which wait; empty without one."""
    return ", ".join(
        f"{legible(row.name)} {row.spent:.0%}"
        + ("" if row.share is None else f" of {row.share:.0%}")
        + (" (waits, is next)" if row.due and row.state == "waits" else " (waits)" if row.state == "waits" else "")
        for row in summary.regimes
    )


def best(summary: Summary) -> str:
    """Return the best value and what found it."""
    if summary.best_opt is None:
        return "no value" if summary.standing.over else "no value yet"
    return f"best {value(summary.best_f)} by optimizer {summary.best_opt} ({legible(summary.best_kind)})"


def opening(summary: Summary) -> str:
    """Return what the run is about."""
    return f"{legible(summary.label)}, {subject(summary)}" if summary.label else subject(summary)


def subject(summary: Summary) -> str:
    """Return what the run is about, without its label."""
    limit = "" if summary.budget is None else f", at most {counted(summary.budget, 'evaluation')}"
    size = f"{counted(len(summary.names), 'parameter')}, {counted(summary.slots, 'slot')}{limit}"
    return f"{legible(summary.task)}: {size}"


def end_of(row: OptimizerRow) -> str:
    """Return how and why an optimizer ended."""
    how, _, why = row.ending.partition(": ")
    at = "without a value" if row.best_x is None else f"at {value(row.best_f)}"
    said = f"{how} after {counted(row.evaluations, 'evaluation')} {at}"
    return f"optimizer {row.opt_id} ({legible(row.name)}) {said}" + (f": {legible(why)}" if why else "")


def ending(summary: Summary) -> str:
    """Return where the run stands, and why."""
    return f"{status(summary)}: {legible(summary.message)}"


def status(summary: Summary) -> str:
    """Return where the run stands in one word."""
    return summary.standing.word
