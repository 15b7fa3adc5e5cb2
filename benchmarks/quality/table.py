"""From results to a page with tables, intervals and curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from benchmarks.quality.curves import drawn
from benchmarks.quality.scores import (
    BAND,
    DOWNHILL,
    GRADIENT,
    NO_PEERS,
    OURS,
    READ_AT,
    SLOTS,
    VARIANTS,
    Difference,
    Row,
    Scores,
    Shares,
    counted,
    difference,
    families,
    of_family,
    overall,
    overall_difference,
    read,
    scores,
)

BASELINE = "pycma-bipop"
UNMANAGED = "glompo-unmanaged"

OPENING = f"""# Quality of minima

After this page you know what this library finds for a number of evaluations, and what its peers find.

Shares of 51 targets (from 10² to 10⁻⁸ above the lowest value, in units of each problem's scale) that are reached within
{", ".join(f"{at}·D" for at in READ_AT)} evaluations, D being the number of parameters. All are called with
their own defaults and counted from outside; the share of a problem is the mean of its seeds. Choices were made on the
problems “developed on”; those “left out” were only measured. `python -m benchmarks.quality` makes these figures; its
folder holds the results line by line."""


def page(results: Path, images: Path) -> str:
    """Return the page as Markdown; its pictures are written into `images`."""
    rows = read(results)
    left_out, developed = (
        {name: scores(many, suite) for name, many in rows.items()} for suite in ("left-out", "developed-on")
    )
    parts = [OPENING, "## Left out", *_compared(left_out)]
    if drawn(rows, images / "quality.png"):
        parts += [
            "![Share of targets reached against evaluations per parameter](images/quality.png)",
            "The share of all problems and targets that each contestant reached, against evaluations per parameter.",
        ]
    parts += ["## Two and forty parameters", *_wide(rows), "## Clusters of atoms", *_clusters(results / "clusters.txt")]
    parts += [
        "## With more slots",
        *_slots(left_out),
        "## With the gradient",
        *_gradient(left_out),
        "## Developed on",
        *_compared(developed),
    ]
    parts += ["## One family left out in turn", *_left_out_in_turn(developed), "## What was measured", _measured(rows)]
    return "\n\n".join(parts) + "\n"


def _compared(named: Mapping[str, Scores]) -> Iterator[str]:
    known = {name: one for name, one in named.items() if one and name not in NO_PEERS}
    yield _means(known)
    yield "The mean is that of the families; – where a contestant was not measured so far, or not on all problems."
    if OURS not in known:
        return
    yield from _in_part(known)
    yield _ahead(known)
    for name in (BASELINE, UNMANAGED):
        if name in known:
            yield f"Ours less {name}, with bootstrap intervals of 95 % over functions:"
            yield _differences(known[OURS], known[name])
            wins = ", ".join(f"{counted(known[OURS], known[name], i)} at {at}·D" for i, at in enumerate(READ_AT))
            yield f"Wins/ties/losses by more than {BAND:g}: {wins}."


def _means(named: Mapping[str, Scores]) -> str:
    names, rows = families(*named.values()), []
    sizes = {family: max(_size(one, family) for one in named.values()) for family in names}
    for name, one in named.items():
        known = {key: shares for key, shares in one.items() if _size(one, key[0]) == sizes[key[0]]}
        rows.append([name, *(_shown(of_family(known, family)) for family in names), _shown(overall(known, names))])
    return _table(["", *names, "mean"], rows)


def _in_part(named: Mapping[str, Scores]) -> Iterator[str]:
    """Compare those that were measured on some of the problems only, on these."""
    rows, ours = [], named[OURS]
    for name, one in named.items():
        common = sorted(one.keys() & ours.keys())
        if common and len(common) < len(ours):
            both = (np.mean([many[key] for key in common], axis=0) for many in (one, ours))
            rows.append([name, str(len(common)), *map(_shown, both)])
    if rows:
        yield "Those that were measured on some of the problems only, and ours on the same (means of the problems):"
        yield _table(["", "problems", "theirs", "ours"], rows)


def _size(one: Scores, family: str) -> int:
    return sum(name == family for name, _ in one)


def _ahead(named: Mapping[str, Scores]) -> str:
    """Return where a peer is better than we are, family by family, on the problems that both have."""
    lines = [f"Where a peer is ahead of us by more than {BAND:g}:", ""]
    for family in families(named[OURS]):
        leads = []
        for name, one in named.items():
            found = None if name == OURS else difference(one, named[OURS], family)
            if found is not None:
                told = [f"{at}·D by {lead:.3f}" for at, lead in zip(READ_AT, found.mean, strict=True) if lead > BAND]
                leads += [f"{name} at {', '.join(told)}"] if told else []
        lines.append(f"* {family}: {'; '.join(leads) or 'nowhere'}.")
    return "\n".join(lines)


def _differences(ours: Scores, theirs: Scores) -> str:
    rows = []
    for family in families(ours):
        found = difference(ours, theirs, family)
        if found is not None:
            rows.append([family, *_intervals(found), str(found.functions)])
    whole = overall_difference(ours, theirs)
    rows.append(["**mean of the families**", *_intervals(whole), str(whole.functions)])
    return _table(["", *(f"{at}·D" for at in READ_AT), "functions"], rows)


def _wide(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Compare those that were measured in very few and in many dimensions, dimension by dimension."""
    budgets = (*READ_AT, 2000)
    yield (
        f"Ten functions of BBOB (f1, f3, f6, f8, f10, f12, f15, f17, f20, f21; instance 5), read at "
        f"{', '.join(f'{at}·D' for at in budgets)}; nothing was chosen on them either. Beyond twenty parameters the "
        "default has no surrogate."
    )
    table = []
    for name, many in rows.items():
        known = scores(many, "wide", budgets)
        by_dims = [[shares for (_, problem), shares in known.items() if problem.endswith(f"d{d}")] for d in (2, 40)]
        if known:
            table.append([name, *(_shown(np.mean(one, axis=0)) if one else "–" for one in by_dims)])
    yield _table(["", "2 parameters", "40 parameters"], table)


def _clusters(file: Path) -> Iterator[str]:
    """Give what ``python -m benchmarks.quality.clusters`` has printed of each cluster."""
    yield (
        "Evaluations until the lowest energy of a Lennard-Jones cluster was found, from random starts, with the "
        "default portfolio and all 3 n coordinates free (`python -m benchmarks.quality.clusters 8 13`, and 38 with "
        "`--gradient`):"
    )
    if file.exists():
        yield "\n".join(f"* {line}" for line in file.read_text().splitlines() if "within" in line)


def _slots(named: Mapping[str, Scores]) -> Iterator[str]:
    """Say what more slots cost or gain for the same budget, on the problems that both have."""
    yield (
        "The same budget with 4, 16 and 64 evaluations in flight, less what one slot reaches; in the deterministic "
        "mode, where an optimizer with several slots evaluates its generation side by side. *Uneven*: with threads, in "
        "which each evaluation really takes a lognormal time (σ = 1, median 3 ms), and values land in any order."
    )
    rows = []
    for name in SLOTS:
        if named.get(name):
            whole = overall_difference(named[name], named[OURS])
            rows.append([name.removeprefix("glompo-").replace("-", ", "), *_intervals(whole), str(whole.functions)])
    yield _table(["slots", *(f"{at}·D" for at in READ_AT), "problems"], rows)


def _gradient(named: Mapping[str, Scores]) -> Iterator[str]:
    """Say what the gradient is worth, and what steps uphill are, on the same problems."""
    yield (
        "The same problems, which declare their gradient (by differences that are not counted): one evaluation is the "
        "value and the gradient at a point."
    )
    known = {name: named[name] for name in (OURS, GRADIENT, DOWNHILL) if named.get(name)}
    yield _means(known)
    if {GRADIENT, DOWNHILL} <= known.keys():
        yield "With steps uphill less without, with bootstrap intervals of 95 % over functions:"
        yield _differences(known[GRADIENT], known[DOWNHILL])


def _left_out_in_turn(named: Mapping[str, Scores]) -> Iterator[str]:
    """Choose a portfolio by all families but one, and say what it reaches on that one."""
    known = {name: named[name] for name in (OURS, *VARIANTS) if named.get(name)}
    yield (
        "The portfolio that is best in the mean of all other families, at 100·D to 1000·D, and what it reaches on the "
        f"family that had no say, beside {BASELINE}. Portfolios: {', '.join(known)}."
    )
    names, rows = families(*known.values()), []
    for family in names:
        others = [name for name in names if name != family]
        chosen = max(known, key=lambda name: float(np.mean(overall(known[name], others)[1:])))
        reached, theirs = of_family(known[chosen], family), of_family(named.get(BASELINE, {}), family)
        rows.append([family, chosen, _shown(reached), _shown(theirs), _shown(of_family(known[OURS], family))])
    yield _table(["left out", "chosen by the others", "reaches", BASELINE, "the default"], rows)
    yield _means(known)


def _measured(rows: Mapping[str, list[Row]]) -> str:
    """Return how much was measured of each contestant, and which failed."""
    lines = []
    for name, many in rows.items():
        found = [row for row in many if row["suite"] in ("left-out", "developed-on")]
        if found:
            failed = sum(bool(row["error"]) for row in found)
            told = f"{len(found)} runs, seeds {_listed({row['seed'] for row in found})}, "
            told += f"up to {_listed({row['budget'] for row in found})}·D"
            lines.append(f"* {name}: {told}{f'; {failed} ended by an error of their own' if failed else ''}.")
    return "\n".join(lines)


def _listed(values: set[int]) -> str:
    return ", ".join(map(str, sorted(values)))


def _shown(shares: Shares) -> str:
    return "/".join("–" if np.isnan(one) else f"{one:.3f}".lstrip("0") for one in shares)


def _intervals(found: Difference) -> list[str]:
    cells = zip(found.mean, found.low, found.high, strict=True)
    return ["–" if np.isnan(m) else f"{m:+.3f} [{a:+.3f}, {b:+.3f}]" for m, a, b in cells]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
