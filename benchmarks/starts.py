"""What it costs to begin: an optimizer in a process of its own, a short run, and the second evaluation of a run.

Usage: ``python benchmarks/starts.py [rounds]``. Each figure is the median of several rounds, in which the baseline and
the library follow each other on the same machine; the load at the beginning and at the end is told. The baseline is
what an earlier version did: each process started from scratch, `import cma` with all that it draws in, and that
import in the search, after its first evaluation. A short run is compared with those of other libraries as well, in turn
with them. Byte code is kept, as that of an installed package is, in a folder of the benchmark.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 3
STARTS = 4

ALL_OF_IT = "import cma; cma.s.figsave; cma.fitness_models.kendall_tau"
"""What a task does for a process to have imported all that pycma draws in."""

WHOLE = """
import sys
from types import ModuleType
def whole():
    import cma
    sys.modules["glompo.optimizers.pycma"] = module = ModuleType("glompo.optimizers.pycma")
    module.cma = cma
"""

LATE = """
import threading
from importlib.abc import MetaPathFinder
class Late(MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname == "glompo.optimizers.pycma":
            if threading.current_thread() is threading.main_thread():
                raise ImportError("later")
            whole()
            return sys.modules[fullname].__spec__
sys.meta_path.insert(0, Late())
import glompo.manager.manager
glompo.manager.manager.import_all = lambda names: None
"""

START = """
import json, resource, time, glompo
from glompo.exit_conditions import MaxOptimizersStarted, MaxOptimizersExhausted
from glompo.optimizers import CMAOptimizer
if {baseline}:
    import glompo.backends.processes as processes
    processes.fork_server = lambda modules, environ: None
def task(x):
    {late}
    return float(x @ x)
def used(n):
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    glompo.minimize(task, [(-5, 5)] * 5, optimizers=CMAOptimizer(cma_options={{"maxiter": 2}}), rng=1, max_jobs=2,
        exit_conditions=MaxOptimizersExhausted(n), backend="processes", stoppers=(), working_dir=f"run{{n}}")
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after))
used(1)  # what is imported once
few, many = used(2), used(2 + {starts})
print(json.dumps([(many - few) / {starts}]))
"""

SHORT = """
import json, resource
if {baseline}:
    import cma
import glompo
glompo.minimize(lambda x: float(((x - 1) ** 2).sum()), [(-5, 5)] * 5, max_evaluations=100, rng=1)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime]))
"""

PEERS = {
    "SciPy, differential_evolution": """
from scipy.optimize import differential_evolution
n = 0
def task(x):
    global n
    n += 1
    return float(((x - 1) ** 2).sum())
differential_evolution(task, [(-5, 5)] * 5, popsize=4, maxiter=4, polish=False, rng=1)
assert n == 100, n
""",
    "Optuna, TPE": """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
def task(trial):
    return sum((trial.suggest_float(str(i), -5, 5) - 1) ** 2 for i in range(5))
optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1)).optimize(task, n_trials=100)
""",
}
"""Runs of 100 evaluations by other libraries."""

USED = """
import json, resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime]))
"""

SECOND = """
import json, time, glompo
from glompo.optimizers import CMAOptimizer
if {baseline}:
    exec({late!r})
ends = []
def task(x):
    time.sleep(0.05)
    ends.append(time.monotonic())
    return float(x @ x)
glompo.minimize(task, [(-5, 5)] * 5, max_evaluations=8, max_jobs=2, rng=1, {optimizers})
ends.sort()
print(json.dumps([ends[1] - ends[0]]))
"""


def measured(script: str) -> float:
    """Run a script in a process and a directory of its own, and return what it prints."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir(), f"glompo-starts-{os.getuid()}"))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1])[0])


def compared(name: str, scripts: tuple[str, str], rounds: int, unit: str) -> None:
    """Run baseline and library in turn, and print the medians."""
    for script in scripts:  # so that the byte code is there
        measured(script)
    pairs = [tuple(map(measured, scripts)) for _ in range(rounds)]
    before, now = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"| {name} | {before:.2f} | {now:.2f} {unit} | {ratio:.2f} |", flush=True)


def main() -> None:
    """Print a table in Markdown."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"load {os.getloadavg()[0]:.1f}, {rounds} rounds\n")
    print("| | baseline | now | ratio |\n|---|---:|---:|---:|")
    sides = (True, False)
    starts = [START.format(baseline=side, starts=STARTS, late=ALL_OF_IT if side else "pass") for side in sides]
    compared("CPU per start in processes", (starts[0], starts[1]), rounds, "s")
    short = [SHORT.format(baseline=side) for side in sides]
    compared("CPU of 100 free evaluations, whole process, default", (short[0], short[1]), rounds, "s")
    for peer, script in PEERS.items():
        compared(f"the same, against {peer}", (script + USED, short[1]), rounds, "s")
    for who in ("optimizers=CMAOptimizer(workers=2)", ""):
        second = [SECOND.format(baseline=side, late=WHOLE + LATE, optimizers=who) for side in sides]
        kind = "one CMA-ES" if who else "default"
        compared(f"second evaluation after the first, 50 ms, two slots, {kind}", (second[0], second[1]), rounds, "s")
    print(f"\nload {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
