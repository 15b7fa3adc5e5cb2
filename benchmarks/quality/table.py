"""From lines of results to a page with tables, bootstrap intervals and curves."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.quality.measure import TARGETS
from numpy.typing import NDArray

READ_AT = (30, 100, 300, 1000)
"""Evaluations per parameter at which the shares are read."""

BASELINE = "pycma-bipop"
RESAMPLES = 2000
BAND = 0.02
"""Difference of shares that is a tie."""

Key = tuple[str, str, int]
Scores = dict[Key, NDArray[np.float64]]


def scores(rows: Sequence[Mapping[str, Any]]) -> Scores:
    """Return, by family, problem and seed, the share of targets reached at each of `READ_AT`."""
    found = {}
    for row in rows:
        reached = np.array(row["reached"], dtype=float)
        shares = [(reached <= at * row["dims"]).sum() / len(TARGETS) for at in READ_AT]
        found[row["family"], row["problem"], row["seed"]] = np.array(shares)
    return found


def compared(ours: Scores, theirs: Scores) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64], int]]:
    """Return by family the mean difference and its 95 % interval, over the problems that both have.

    Problems are drawn anew with all of their seeds, functions first, so that instances of one function go together.
    """
    groups: dict[str, dict[str, list[NDArray[np.float64]]]] = defaultdict(lambda: defaultdict(list))
    for key in ours.keys() & theirs.keys():
        family, problem, _ = key
        groups[family][problem.split()[0] if family.startswith("BBOB") else problem].append(ours[key] - theirs[key])
    rng = np.random.default_rng(0)
    answer = {}
    for family, by_function in sorted(groups.items()):
        means = np.array([np.mean(differences, axis=0) for differences in by_function.values()])
        drawn = means[rng.integers(0, len(means), (RESAMPLES, len(means)))].mean(axis=1)
        answer[family] = means.mean(axis=0), np.quantile(drawn, [0.025, 0.975], axis=0), len(means)
    return answer


def counted(ours: Scores, theirs: Scores, at: int) -> str:
    """Return wins, ties and losses at one of the budgets."""
    differences = [float((ours[key] - theirs[key])[at]) for key in ours.keys() & theirs.keys()]
    wins, losses = (sum(sign * one > BAND for one in differences) for sign in (1, -1))
    return f"{wins}/{len(differences) - wins - losses}/{losses}"


def page(results: Path) -> str:
    """Return the page as Markdown."""
    files = sorted(results.glob("*.jsonl"))
    rows = {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in files}
    both = {
        suite: {name: scores([row for row in lines if row["suite"] == suite]) for name, lines in rows.items()}
        for suite in ("left-out", "developed-on")
    }
    lines = [
        "# Quality of minima",
        "",
        "After this page you know what this library finds for a number of evaluations, and what its peers find.",
        "",
        "Shares of 51 targets (from 10² to 10⁻⁸ above the lowest value, in units of each problem's scale) that are "
        f"reached within {', '.join(f'{at}·D' for at in READ_AT)} evaluations, D being the number of parameters. All "
        "are called with their own defaults and counted from outside. Choices were made on those “developed on”; "
        "the others were only measured. `python -m benchmarks.quality` makes these figures; its folder holds the "
        "results line by line.",
        "",
    ]
    for suite, by_name in both.items():
        named = {name: found for name, found in by_name.items() if found}
        if named:
            lines += [f"## {'Left out' if suite == 'left-out' else 'Developed on'}", "", *_means(named), ""]
            lines += [*_ahead(named), ""] if "glompo" in named else []
            if BASELINE in named and "glompo" in named:
                lines += [*_differences(named["glompo"], named[BASELINE]), ""]
    return "\n".join(lines)


def _means(named: Mapping[str, Scores]) -> list[str]:
    families = sorted({key[0] for found in named.values() for key in found})
    lines = ["| | " + " | ".join(families) + " | mean |", "|---" * (len(families) + 2) + "|"]
    for name, found in named.items():
        cells, means = [], []
        for family in families:
            members = [share for key, share in found.items() if key[0] == family]
            if not members:
                cells.append("–")
                continue
            means.append(np.mean(members, axis=0))
            cells.append("/".join(f"{share:.3f}".lstrip("0") for share in means[-1]) + f" ({len(members)})")
        complete = len(means) == len(families)
        whole = "/".join(f"{share:.3f}".lstrip("0") for share in np.mean(means, axis=0)) if complete else "–"
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {whole} |")
    return [*lines, "", "In brackets: problems times seeds. The mean is that of the families."]


def _ahead(named: Mapping[str, Scores]) -> list[str]:
    """Return where a peer is better than we are, family by family, on the problems that both have."""
    lines = [f"Where a peer is ahead of us by more than {BAND:g}:", ""]
    ours = named["glompo"]
    for family in sorted({key[0] for key in ours}):
        leads = []
        for name, found in named.items():
            common = [key for key in ours.keys() & found.keys() if key[0] == family]
            if not common or name == "glompo":
                continue
            lead = np.mean([found[key] - ours[key] for key in common], axis=0)
            told = [f"{at}·D by {one:.3f}" for at, one in zip(READ_AT, lead.tolist(), strict=True) if one > BAND]
            leads += [f"{name} at {', '.join(told)}"] if told else []
        lines.append(f"* {family}: {'; '.join(leads) or 'nowhere'}.")
    return lines


def _differences(ours: Scores, theirs: Scores) -> list[str]:
    lines = [f"Ours less {BASELINE}, with bootstrap intervals of 95 % over functions:", ""]
    lines += ["| | " + " | ".join(f"{at}·D" for at in READ_AT) + " | functions |", "|---" * (len(READ_AT) + 2) + "|"]
    for family, (mean, (low, high), n) in compared(ours, theirs).items():
        cells = [f"{m:+.3f} [{a:+.3f}, {b:+.3f}]" for m, a, b in zip(mean, low, high, strict=True)]
        lines.append(f"| {family} | " + " | ".join(cells) + f" | {n} |")
    wins = ", ".join(f"{counted(ours, theirs, i)} at {at}·D" for i, at in enumerate(READ_AT))
    return [*lines, "", f"Wins/ties/losses by more than {BAND:g}: {wins}."]
