"""Tables and lines of the pages as HTML; whatever comes from a run is escaped here."""

from __future__ import annotations

from collections.abc import Sequence

from glompo.dashboard.followed import FollowedRun
from glompo.read import OptimizerRow, RunStatus, Summary
from glompo.read.run_status import nothing_recorded
from glompo.safe_text import legible
from glompo.show import formatting as fmt
from glompo.show.columns import Decision
from glompo.show.html.parts import Markup, decision_rows, table
from glompo.show.html.parts import text as text

OPTIMIZERS_SHOWN = 200
"""Optimizers in the table at most."""


def overview(runs: Sequence[FollowedRun]) -> str:
    """Return the table of all runs."""
    heads = ("run", "state", "evaluations", "best value", "rate", "busy slots", "optimizers", "failed")
    return table(heads, map(_run_cells, runs), caption="Runs")


def _run_cells(run: FollowedRun) -> list[object]:
    name = legible(run.name, 60)
    if run.error or not run.recording.begun:
        said = run.error or "nothing has been recorded yet"
        return [name, Markup(f'<span class="bad">{text(said)}</span>') if run.error else said, *[""] * 6]
    one = run.recording.summary
    budget = "" if one.budget is None else f" of {one.budget:,}"
    return [
        name, Markup(state(one)), f"{one.calls:,}{budget}", fmt.value(one.best_f), fmt.pace(one.rate),
        Markup(busy(one)), fmt.census(one), f"{one.failures:,}",
    ]  # fmt: skip


def state(summary: Summary) -> str:
    """Return where a run stands as a mark with its word."""
    kind = {RunStatus.RUNNING: "good", RunStatus.KILLED: "bad", RunStatus.FAILED: "bad"}.get(summary.standing, "calm")
    return f'<span class="state {kind}">{fmt.status(summary)}</span>'


def busy(summary: Summary) -> str:
    """Return how many slots are held; where all searches share them, none is held by any of them."""
    if summary.standing is not RunStatus.RUNNING:
        return f"0<small> of {summary.slots}</small>"
    if summary.alive > summary.paused and not summary.used_slots:
        return f"{summary.slots}<small> shared</small>"
    return f"{summary.used_slots}<small> of {summary.slots}</small>"


def facts(run: FollowedRun) -> str:
    """Return the large numbers above the pictures of a run."""
    if run.error:
        return f'<p class="bad" role="alert">The run cannot be read: {text(run.error, 2000)}</p>'
    if not run.recording.begun:
        return f"<p>{text(nothing_recorded(run.run_dir, run.recording.writer), 2000)}</p>"
    one = run.recording.summary
    loaded = run.layers.count
    found = [
        ("state", state(one)),
        ("best value", text(fmt.value(one.best_f))),
        ("evaluations", f"{one.calls:,}" + ("" if one.budget is None else f"<small> of {one.budget:,}</small>")),
        ("rate", fmt.pace(one.rate)),
        ("busy slots", busy(one)),
        ("run time", fmt.clock(one.elapsed)),
        ("failed", f"{one.failures:,}"),
    ]
    cards = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in found)
    said = f"<p>{text(fmt.best(one))}; {text(fmt.census(one))}; {text(one.message)}</p>"
    if not run.recording.complete and loaded < one.calls:
        said += f'<p role="status">Reading the beginning of the run: {loaded:,} of {one.calls:,} evaluations.</p>'
    return f"<dl>{cards}</dl>{said}"


def failures(summary: Summary) -> str:
    """Return why evaluations failed."""
    if not summary.causes:
        return "<p>No evaluation has failed.</p>"
    rows = [(cause, f"{n:,}", example) for cause, n, example in summary.causes]
    return table(("cause", "evaluations", "the first of them"), rows, caption="Why evaluations failed")


def link(where: str, said: str) -> str:
    """Return a link to a file that is to be saved."""
    return f'<p><a href="{text(where)}" download>{text(said)}</a></p>'


def optimizers(rows: Sequence[OptimizerRow], which: str) -> str:
    """Return the table of `which` optimizers, all or the living: those that live first, then by their best values."""
    if which == "living":
        rows = [row for row in rows if row.how is None]
    if not rows:
        return f"<p>No optimizer {'lives' if which == 'living' else 'has started'}.</p>"
    ordered = sorted(rows, key=lambda row: (row.how is not None, row.best_f, row.opt_id))
    heads = ("", "optimizer", "state", "evaluations", "best value", "started", "starting point", "ended because")
    left_out = len(rows) - OPTIMIZERS_SHOWN
    caption = "Optimizers" + (f", without {left_out:,} that ended with larger values" if left_out > 0 else "")
    return table(heads, map(_optimizer_cells, ordered[:OPTIMIZERS_SHOWN]), caption=caption)


def _optimizer_cells(row: OptimizerRow) -> list[str]:
    standing = row.ending.partition(":")[0]
    started = "" if row.started_at is None else fmt.clock(row.started_at)
    why = row.ended_because or row.paused_because
    return [
        str(row.opt_id), legible(row.name, 48), standing, f"{row.evaluations:,}", fmt.value(row.best_f),
        started, row.start, why,
    ]  # fmt: skip


def decisions(entries: Sequence[Decision], total: int) -> str:
    """Return decisions, each with the answers of the rules to unfold."""
    if not entries:
        return "<p>There is no such entry.</p>"
    caption = f"Decisions and log: {len(entries):,} entries of {total:,}, the newest first"
    return table(("time", "optimizer", "what", "by", "why"), decision_rows(entries), caption=caption)
