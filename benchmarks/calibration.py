"""A calibration from end to end: sums of squares that are known, cost, fit, report, sensitivity, and a kill.

Usage: ``python benchmarks/calibration.py [FOLDER] [--evaluations 1500] [--seeds 3]``. FOLDER holds the published
training set for disulfides (GPL-3, https://github.com/cagrikymk/JAX-ReaxFF, folder Datasets/disulfide), which is read
there; REAXFF_DISULFIDE may name it as well. Without it only the epidemic is fitted.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import glompo
from glompo.calibration import Calibration
from glompo.calibration.sensitivity import hsic, salib
from glompo.optimizers import RandomSampling
from glompo.read import load, rows

HERE = str(Path(__file__).resolve().parent)
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
sys.path[:0] = [str(EXAMPLES), str(EXAMPLES / "epidemic")]

KNOWN = {
    "ffield_edu": (156_758.0, 149_206.0, 70_845.0, 3_269.0),
    "ffield_lit": (7_272.5, 7_560.0, 4_960.0, 1_271.0),
    "ffield_best": (2_520.5, 2_909.0, 3_119.0, 1_885.0),
}
"""ENERGY as read, relaxed first; FORCES; GEOMETRY."""


def disulfides(folder: Path, ffield: str, **settings: Any) -> Calibration:
    """Return the calibration of a published force field; rows of its second set that the first has too are left out."""
    import reaxff

    validation = {"validation": folder / "valSet" / "trainset.in", "validation_geo": folder / "valSet" / "geo"}
    settings["without_shared"] = True
    geometries = [folder / "geo", folder / "valSet" / "geo"]
    return Calibration(
        functools.partial(reaxff.ReaxFF, folder / ffield, geometries),
        reaxff.params(folder / ffield, folder / "params"),
        reaxff.trainset(folder / "trainset.in", folder / "geo", **validation, **settings),
    )


def sums(folder: Path) -> None:
    """Print the sums of squares beside those that are known."""
    for ffield, known in KNOWN.items():
        as_read, relaxed = (disulfides(folder, ffield, relaxed=one) for one in (False, True))
        others = disulfides(folder, ffield, sections=("FORCES", "GEOMETRY"))
        parts = dict(zip(others.headers(), others.detailed_call(others.x0)[1:], strict=True))
        found = (as_read(as_read.x0), relaxed(relaxed.x0), parts["sum:FORCES"], parts["sum:GEOMETRY"])
        print(ffield, " ".join(f"{a:.1f} ({a / b - 1:+.1e})" for a, b in zip(found, known, strict=True)))


def cost(folder: Path, repetitions: int = 7) -> None:
    """Print CPU and memory of an evaluation, alone and beside a second process, measured in turn."""
    task = disulfides(folder, "ffield_lit")
    script = (
        f"import sys,time;sys.path.insert(0,{HERE!r});from calibration import disulfides;from pathlib import Path;"
        f"f=disulfides(Path({str(folder)!r}),'ffield_lit');f(f.x0);t=time.process_time();[f(f.x0) for _ in range(40)];"
        "print((time.process_time()-t)/40)"
    )

    def seconds(count: int) -> float:
        running = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(count)]
        return float(np.mean([float(one.communicate()[0]) for one in running]))

    pairs = np.array([(seconds(1), seconds(2)) for _ in range(repetitions)])
    task(task.x0)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    alone, beside = 1e3 * np.median(pairs, axis=0)
    ratios = np.sort(pairs[:, 1] / pairs[:, 0])
    print(f"CPU per evaluation {alone:.1f} ms; of two processes {beside:.1f} ms; {memory:.0f} MB here; load", end=" ")
    print(f"{os.getloadavg()[0]:.1f}; two by one, {repetitions} pairs: {' '.join(f'{one:.2f}' for one in ratios)}")


def fitted(task: Calibration, evaluations: int, seeds: int) -> Any:
    """Fit with the default portfolio; return the last result."""
    for seed in range(1, seeds + 1):
        with TemporaryDirectory() as folder:
            begin = time.process_time()
            result = glompo.minimize(task, max_evaluations=evaluations, rng=seed, working_dir=Path(folder, "run"))
            print(f"seed {seed}: {result.fx:.1f}, {time.process_time() - begin:.0f} s CPU")
            report = task.report(result, errors=seed == seeds)
            print("\n".join(str(report).split("\n\n")[:2]))
            print(f"  {report.evaluations} evaluations for the report")
    return result


CONFIGURATION = """
max_evaluations = {evaluations}
rng = {seed}
working_dir = "fit"
python_path = ["{examples}"]

[calibration]
model = {{class = "reaxff:ReaxFF", ffield = "{folder}/ffield_lit", geo = ["{folder}/geo", "{folder}/valSet/geo"]}}
parameters = "parameters.csv"
data = "data.csv"
"""


def configured(source: Path, evaluations: int, seed: int) -> None:
    """Fit from the published `ffield_lit` by a configuration and two tables alone; print what the report says."""
    task = disulfides(source, "ffield_lit")
    with TemporaryDirectory() as name:
        here = Path(name)
        (here / "parameters.csv").write_text(task.parameters.to_csv())
        (here / "data.csv").write_text(task.data.to_csv())
        places = {"examples": EXAMPLES, "folder": source.resolve()}
        (here / "fit.toml").write_text(CONFIGURATION.format(evaluations=evaluations, seed=seed, **places))
        command = [sys.executable, "-m", "glompo"]
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen([*command, "run", "fit.toml"], cwd=here, stdout=subprocess.DEVNULL) as run:
            peak = 0
            while run.poll() is None:
                peak = _peak(run.pid) or peak
                time.sleep(0.1)
        assert run.returncode == 0, run.returncode
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = subprocess.run([*command, "report", "fit"], cwd=here, check=True, stdout=subprocess.PIPE, text=True)
    seconds = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
    print(f"seed {seed}, by fit.toml and two tables: {seconds:.0f} s CPU, {peak / 1024:.0f} MB at most")
    print("\n\n".join(found.stdout.split("\n\n")[:2]))


def _peak(pid: int) -> int:
    """Return the most memory that a process has had, in kB; usage of children begins with that of their parent."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def sensitivity(task: Calibration, points: int = 1_000) -> None:
    """Print whether the first six of HSIC are among the first ten of SALib."""
    with TemporaryDirectory() as folder:
        settings: dict[str, Any] = {"optimizers": RandomSampling, "max_jobs": 1, "rng": 1}
        glompo.minimize(task, max_evaluations=points, working_dir=Path(folder, "run"), **settings)
        kept = [(row.x, row.value) for row in rows(Path(folder, "run")) if row.status == "ok"]
    X, y = np.array([x for x, _ in kept]), np.array([value for _, value in kept])
    begin = time.process_time()
    found = hsic(X, y, task.names)
    seconds = time.process_time() - begin
    tens = {method: salib(method, X, y, task.bounds, task.names).order[:10] for method in ("rbd_fast", "pawn")}
    shared = {method: sum(name in ten for name in found.order[:6]) for method, ten in tens.items()}
    print(f"sensitivity of {len(X)} points: {seconds:.1f} s CPU; of the first six in the first ten of SALib: {shared}")


def killed(evaluations: int = 200) -> None:
    """Kill a deterministic fit of the epidemic and go on; print whether the end is the same."""
    script = (
        f"import sys;sys.path.insert(0,{HERE!r});from calibration import epidemic;import glompo;"
        f"glompo.minimize(epidemic(),max_evaluations={evaluations},max_jobs=1,rng=1,deterministic=True,"
        "resume='auto',working_dir=sys.argv[1])"
    )
    with TemporaryDirectory() as folder:
        whole, cut = Path(folder, "whole"), Path(folder, "cut")
        subprocess.run([sys.executable, "-c", script, str(whole)], check=True)
        running = subprocess.Popen([sys.executable, "-c", script, str(cut)])
        while not cut.exists() or sum(1 for _ in _rows(cut)) < evaluations // 4:
            if running.poll() is not None:
                break
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
        running.wait()
        before = sum(1 for _ in _rows(cut))
        subprocess.run([sys.executable, "-c", script, str(cut)], check=True)
        ends = [load(one).result for one in (whole, cut)]
    same = np.array_equal(ends[0].x, ends[1].x) and ends[0].fx == ends[1].fx
    print(f"killed after {before}; then {ends[1].nfev} of {evaluations} evaluations, the same end: {same}")


def epidemic() -> Calibration:
    """Return the calibration of the epidemic."""
    from epidemic import model

    return Calibration(model, EXAMPLES / "epidemic" / "parameters.csv", EXAMPLES / "epidemic" / "cases.csv")


def _rows(folder: Path) -> Any:
    try:
        yield from rows(folder)
    except glompo.GlompoError:  # nothing has been recorded yet
        return


def main() -> None:
    """Measure everything for which there are data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=os.environ.get("REAXFF_DISULFIDE"))
    parser.add_argument("--evaluations", type=int, default=1_500)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    from make_data import TRUTH

    task = epidemic()
    truth = [TRUTH[name] for name in task.names]
    print(f"epidemic: {task(truth):.2f} at the truth, validation {task.validation_loss(truth):.2f}")
    result = fitted(task, given.evaluations, given.seeds)
    print(f"  {result.fx / task(truth):.3f} times the loss at the truth")
    killed()
    if given.folder is not None:
        folder = Path(given.folder)
        sums(folder)
        cost(folder)
        sensitivity(disulfides(folder, "ffield_lit"))
        for seed in range(1, given.seeds + 1):
            configured(folder, given.evaluations, seed)


if __name__ == "__main__":
    main()
