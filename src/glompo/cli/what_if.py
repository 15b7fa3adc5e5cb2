"""``glompo whatif`` and ``glompo explain``: stopping rules asked again on record. Nothing is changed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from glompo.cli.inspection import plain
from glompo.core.policies.rule import Rule
from glompo.core.policies.rule_expression import rule_in
from glompo.errors import SettingError
from glompo.manager.other_rules import bundled, explain
from glompo.read.difference import WhatIf
from glompo.read.what_if import RulesOf, compare, recorded_rules
from glompo.settings.components import EXIT_CONDITIONS, STOPPERS, named

NONE = "none"
"""What stands for no stoppers at all."""

RECORDED = "the recorded rules"
"""How the rules that each run had are called in a table."""


def compared(run_dirs: Sequence[Path], rules: Sequence[str]) -> dict[str, list[WhatIf]]:
    """Return a comparison for each of `rules` and each run; without rules with those that each run had."""
    sys.path.insert(0, os.getcwd())  # where a stopper of the user's own is looked for first
    made = {text: _rules_of(text) for text in rules} or {RECORDED: lambda: recorded_rules(bundled)}
    for make in made.values():
        make()  # a mistake in any of them is told before the first run is read
    return {text: [compare(run_dir, make()) for run_dir in run_dirs] for text, make in made.items()}


def explained(run_dir: Path, opt: int, rules: str | None) -> str:
    """Return why an optimizer of a run started, what was decided about it, and why it ended."""
    if rules is None:
        return explain(run_dir, opt)
    sys.path.insert(0, os.getcwd())
    return explain(run_dir, opt, rule_in(rules, _stopper))


def what_if_text(found: Mapping[str, list[WhatIf]]) -> str:
    """Return one comparison in words, or several as a table with one line for each of the rules."""
    alone = [one for comparisons in found.values() for one in comparisons]
    return str(alone[0]) if len(alone) == 1 else "\n".join(_table(found))


def what_if_json(found: Mapping[str, list[WhatIf]]) -> str:
    """Return the comparisons as JSON; what is not a finite number is null there."""
    rows = [
        {
            **_sums(comparisons),
            "rules": text,
            "comparisons": [
                {**plain(one), "saved": one.saved, "incumbent_lost": one.incumbent_lost} for one in comparisons
            ],
        }
        for text, comparisons in found.items()
    ]
    return json.dumps(rows, indent=2, allow_nan=False)


def _rules_of(text: str) -> Callable[[], RulesOf]:
    def make() -> RulesOf:
        rule = None if text.strip() == NONE else rule_in(text, _stopper)  # each run has rules of its own
        return lambda settings: rule

    return make


def _stopper(name: str, args: tuple[Any, ...], settings: Mapping[str, Any]) -> Rule:
    """Return a stopper as a configuration names it: of the library, of a plug-in, or by its import path."""
    if name in EXIT_CONDITIONS.names():
        raise SettingError(
            f"{name} is an exit condition, which answers for the run; name stoppers: {', '.join(STOPPERS.names())}"
        )
    rule: Rule = named({**settings, "type": name}, STOPPERS, "stoppers").built(*args)
    return rule


def _sums(comparisons: Sequence[WhatIf]) -> dict[str, int]:
    return {
        "runs": len(comparisons),
        "differ": sum(one.first is not None for one in comparisons),
        "evaluations": sum(one.calls for one in comparisons),
        "saved": sum(one.saved for one in comparisons),
        "incumbents_lost": sum(one.incumbent_lost for one in comparisons),
    }


def _table(found: Mapping[str, list[WhatIf]]) -> list[str]:
    rows: list[tuple[str, ...]] = [("runs", "differ", "evaluations", "saved at most", "incumbents lost", "rules")]
    for text, comparisons in found.items():
        sums = _sums(comparisons)
        share = f" ({sums['saved'] / sums['evaluations']:.0%})" if sums["evaluations"] else ""
        numbers = (sums["runs"], sums["differ"], sums["evaluations"])
        rows.append((*(f"{n:,}" for n in numbers), f"{sums['saved']:,}{share}", str(sums["incumbents_lost"]), text))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return ["  ".join([*(f"{row[i]:>{widths[i]}}" for i in range(5)), row[5]]) for row in rows]
