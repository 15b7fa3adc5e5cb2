"""The answers of combined rules as lines."""

from __future__ import annotations

from collections.abc import Iterator

from glompo.events.verdict import Verdict
from glompo.safe_text import legible


def verdict_lines(verdict: Verdict, depth: int = 0) -> Iterator[str]:
    """Yield a verdict as lines: each rule with its answer and numbers, and indented below it those that it combines."""
    answer = "yes" if verdict.fired else "no "
    if verdict.parts:
        called, numbers = _combination(verdict), ""
    else:
        called, numbers = verdict.short or verdict.rule, f": {legible(verdict.why)}" if verdict.why else ""
    yield f"{'    ' * depth}{answer} {legible(called)}{numbers}"
    for part in verdict.parts:
        yield from verdict_lines(part, depth + 1)


def _combination(verdict: Verdict) -> str:
    """Return what a rule makes of its parts; the rule itself where that is not plain."""
    if len(verdict.parts) == 1:
        return "not" if verdict.parts[0].fired is not verdict.fired else verdict.rule
    depth = 0
    for mark in verdict.rule[1:-1] if verdict.rule.startswith("(") else verdict.rule:
        depth += (mark == "(") - (mark == ")")
        if depth == 0 and mark in "&|":
            return "all of" if mark == "&" else "one of"
    return verdict.rule
