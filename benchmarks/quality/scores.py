"""From lines of results to shares of targets, and to differences with intervals."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.quality.measure import TARGETS
from numpy.typing import NDArray

READ_AT = (30, 100, 300, 1000)
"""Evaluations per parameter at which the shares are read."""

RESAMPLES = 2000
OURS = "glompo"
SLOTS = ("glompo-4", "glompo-16", "glompo-64", "glompo-4-uneven", "glompo-16-uneven")
"""Ourselves with more slots; *uneven* where evaluations really take time, each another."""

GRADIENT, DOWNHILL = "glompo-gradient", "glompo-gradient-downhill"
"""Ourselves on tasks that declare their gradient, and without steps uphill."""

VARIANTS = ("glompo-without-surrogate", "glompo-without-local", "glompo-without-annealing", "glompo-base-alone")
"""Portfolios among which, and ours, a choice is made with one family left out."""

NO_PEERS = (*SLOTS, GRADIENT, DOWNHILL, *VARIANTS)
"""Ourselves otherwise than with defaults: they have tables of their own."""

BAND = 0.02
"""Difference of shares that is a tie."""

Row = Mapping[str, Any]
Shares = NDArray[np.float64]
"""Share of the targets reached at each of `READ_AT`; nan beyond the budget that was measured."""

Scores = dict[tuple[str, str], Shares]
"""Shares by family and problem, the mean of the seeds."""


class Difference(NamedTuple):
    """Mean difference of shares over the functions of a family, with the bounds of its 95 % interval."""

    mean: Shares
    low: Shares
    high: Shares
    functions: int


def read(results: Path) -> dict[str, list[Row]]:
    """Return the lines of all contestants."""
    files = sorted(results.glob("*.jsonl"))
    found = {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in files}
    return {name: lines for name, lines in found.items() if lines}


def scores(rows: Sequence[Row], suite: str, read_at: Sequence[int] = READ_AT) -> Scores:
    """Return the shares of one contestant in one suite; of several budgets the largest one counts."""
    largest: dict[tuple[str, str, int], Row] = {}
    for row in rows:
        key = row["family"], row["problem"], row["seed"]
        if row["suite"] == suite and row["budget"] >= largest.get(key, row)["budget"]:
            largest[key] = row
    by_problem: dict[tuple[str, str], list[Shares]] = defaultdict(list)
    for (family, problem, _), row in largest.items():
        by_problem[family, problem].append(_shares(row, read_at))
    return {key: np.mean(many, axis=0) for key, many in by_problem.items()}


def _shares(row: Row, read_at: Sequence[int]) -> Shares:
    reached = np.array(row["reached"], dtype=float)
    known = [at <= row["budget"] or len(reached) == len(TARGETS) for at in read_at]
    counts = [(reached <= at * row["dims"]).sum() / len(TARGETS) for at in read_at]
    return np.where(known, counts, np.nan)


def families(*many: Scores) -> list[str]:
    """Return the names of all families."""
    return sorted({family for one in many for family, _ in one})


def of_family(one: Scores, family: str) -> Shares:
    """Return the shares of a family, the mean of its problems; nan where none was measured."""
    members = [shares for (name, _), shares in one.items() if name == family]
    return np.mean(members, axis=0) if members else np.full(len(READ_AT), np.nan)


def overall(one: Scores, names: Sequence[str]) -> Shares:
    """Return the mean of the families; nan where one of them was not measured."""
    return np.mean([of_family(one, name) for name in names], axis=0)


def difference(ours: Scores, theirs: Scores, family: str) -> Difference | None:
    """Return ours less theirs over the problems that both have; None without any.

    Functions are drawn anew, each with all of its instances and dimensions.
    """
    groups: dict[str, list[Shares]] = defaultdict(list)
    for key in ours.keys() & theirs.keys():
        if key[0] == family:
            groups[key[1].split()[0] if family.startswith("BBOB") else key[1]].append(ours[key] - theirs[key])
    if not groups:
        return None
    means = np.array([np.mean(groups[name], axis=0) for name in sorted(groups)])
    return _resampled(means, len(means))


def overall_difference(ours: Scores, theirs: Scores) -> Difference:
    """Return ours less theirs in the mean of the families, with an interval over the functions of each."""
    rng, drawn, means, count = np.random.default_rng(0), [], [], 0
    for family in families(ours):
        common = sorted(key for key in ours.keys() & theirs.keys() if key[0] == family)
        if common:
            values = np.array([ours[key] - theirs[key] for key in common])
            drawn.append(values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1))
            means.append(values.mean(axis=0))
            count += len(values)
    low, high = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975], axis=0)
    return Difference(np.mean(means, axis=0), low, high, count)


def _resampled(values: NDArray[np.float64], count: int) -> Difference:
    rng = np.random.default_rng(0)
    drawn = values[rng.integers(0, count, (RESAMPLES, count))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return Difference(values.mean(axis=0), low, high, count)


def counted(ours: Scores, theirs: Scores, at: int) -> str:
    """Return wins, ties and losses at one of the budgets."""
    differences = [float((ours[key] - theirs[key])[at]) for key in ours.keys() & theirs.keys()]
    wins, losses = (sum(sign * one > BAND for one in differences) for sign in (1, -1))
    return f"{wins}/{len(differences) - wins - losses}/{losses}"
