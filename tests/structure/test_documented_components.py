"""Every documented component exists, takes its documented settings, and is found in the reference and in the tests.

The list is the specification: a component that is missing here, or here only, is an error.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from glompo import CheckpointingControl
from glompo.optimizers import Scipy
from glompo.optimizers.scipy import GLOBAL, LOCAL
from glompo.settings.components import _settings_known

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs"
TESTS = ROOT / "tests"
SAME = "the same"


@dataclass(frozen=True)
class Row:
    """One documented component.

    Attributes
    ----------
    name : str
        Its class.
    settings : str
        What it documents that it takes, as in a call, with the defaults that are promised.
    earlier : str
        What users of the earlier system know it as; empty for what they did not have.
    """

    name: str
    settings: str = ""
    earlier: str = ""


def known(name: str, settings: str = "") -> Row:
    """Return a row of a component that keeps its earlier name."""
    return Row(name, settings, name)


STOPPERS = (
    known("BestUnmoving", "calls, tol=0"),
    known("EvaluationsUnmoving", "calls, tol=0"),
    known("LastPointsInvalid", "n_iters=1"),
    known("MinFuncCalls", "min_pts"),
    Row("MaxFuncCalls", "max_pts"),
    known("ParameterDistance", "bounds, relative_distance, test_all=False"),
    known("StepSize", "bounds, calls, relative_tol=0.05"),
    known("TimeAnnealing", "crit_ratio=1"),
    known("ValueAnnealing", "med_kill_chance=0.5"),
    Row("OptimizerType", "opt_type", "TypeHunter"),
    Row("OptimizerRegime", "regime"),
    Row("CatchUp", "kappa=2, min_evals=None"),
    Row("Duplicate", "checks=3"),
    Row("Horizon", "max_evaluations=None, factor=2"),
    Row("Outdated"),
    Row("RungRace", "eta=3, min_starts=16"),
)
EXIT_CONDITIONS = (
    Row("MaxOptimizersConverged", "n", "NOptConverged"),
    Row("MaxOptimizersExhausted", "n"),
    Row("MaxOptimizersStarted", "n", "MaxOptsStarted"),
    Row("MaxOptimizersStopped", "n", "MaxKills"),
    Row("MaxTotalFunctionCalls", "n", "MaxFuncCalls"),
    Row("StopsAfterConvergence", "n_stopped=0, n_converged=1", "KillsAfterConvergence"),
    Row("TargetFunctionValue", "target, atol=1e-6", "TargetCost"),
    Row("TimeLimit", "seconds", "MaxSeconds"),
    Row("TimeLimitThroughRestarts", "seconds", "MaxSeconds"),
    Row("Unimproved", "calls=None, seconds=None"),
    Row("MaxCost", "seconds"),
    Row("IncumbentPrecision", "precision, calls"),
)
GENERATORS = (
    known("RandomGenerator"),
    known("SinglePointGenerator", "x0='random'"),
    known("IncumbentGenerator"),
    known("PerturbationGenerator", "x0, scale"),
    known("ExploitExploreGenerator", "max_func_calls, focus=1"),
    known("BasinHoppingGenerator", "temperature=1, max_step_size=0.5, target_accept_rate=0.5, interval=5, factor=0.9"),
    Row("SobolGenerator"),
    Row("FarFromKnown", "candidates=10"),
    Row("BestSampledGenerator", "sampler='RandomSampling'"),
    Row("CrossoverGenerator", "best=10"),
    Row("IncumbentHops"),
)
SELECTORS = (
    known("CycleSelector", "allow_spawn=None"),
    known("RandomSelector", "allow_spawn=None"),
    known("ChainSelector", "fcall_thresholds, allow_spawn=None"),
    known("IterSpawnStop", "max_calls"),
    known("NOptimizersSpawnStop", "max_opts"),
    Row("BIPOPSelector", "optimizer"),
    Row("BanditSelector", "exploration=0.05, window=50"),
)
ALLOCATORS = (
    Row("EvenAllocator", "supply=0.1"),
    Row("EqualBlocks", "block=10"),
    Row("MetaMaxAllocator", "block=None"),
    Row("SuccessiveHalving", "eta=3, block=None"),
)
FREEZERS = (Row("Freeze", "ftol, max_evaluations=None, last=0.15"),)
CONTROL = (
    "checkpoint_time_frequency=1e999, checkpoint_iter_frequency=1e999, checkpoint_at_init=False, "
    "checkpoint_at_conv=False, raise_checkpoint_fail=False, force_task_save=False, keep_past=-1, "
    "naming_format='glompo_checkpoint_%(date)_%(time)', checkpointing_dir='checkpoints'"
)
"""What CheckpointingControl, which has no room of its own, documents that it takes."""
KEYS = ("date", "time", "year", "yr", "month", "day", "hour", "min", "sec", "count")
OPTIMIZERS = (
    known("CMAOptimizer", "sigma0, keep_files, force_injects, injection_interval, sampler='full', popsize=None"),
    known("Nevergrad", "optimizer"),
    known("Scipy", "method, options=None"),
    known("RandomSampling", "iters"),
    known("GridSampling", "n"),
    known("AdaptiveRateMonteCarlo"),
    Row("LeastSquares", "method='trf'", "GFLS"),
    Row("Annealing", "qa=-5, qv=2.62, initial_temp=5230, restart_temp_ratio=2e-5", "AnnealingGenerator"),
    Row("FunctionOptimizer", "minimiser"),
    Row("CMAES", "sigma0, popsize=None"),
    Row("OptunaSampler", "sampler"),
    Row("Nlopt", "algorithm"),
    Row("Pygmo", "algorithm"),
    Row("GestGenerator", "generator"),
)
METHODS = (
    "Nelder-Mead", "Powell", "COBYLA", "COBYQA", "L-BFGS-B", "SLSQP", "TNC",
    "differential_evolution", "dual_annealing", "shgo", "basinhopping", "direct",
)  # fmt: skip

COMPONENT_KINDS = {
    "stoppers": STOPPERS,
    "exit_conditions": EXIT_CONDITIONS,
    "generators": GENERATORS,
    "selectors": SELECTORS,
    "allocators": ALLOCATORS,
    "freezers": FREEZERS,
    "optimizers": OPTIMIZERS,
}
EVERY = [pytest.param(room, row, id=f"{room}.{row.name}") for room, rows in COMPONENT_KINDS.items() for row in rows]
every_component = pytest.mark.parametrize(("room", "row"), EVERY)


def cls_of(room: str, row: Row) -> type:
    found = getattr(import_module(f"glompo.{room}"), row.name)
    assert inspect.isclass(found)
    return found


@pytest.mark.parametrize("room", COMPONENT_KINDS)
def test_the_list_is_complete(room):
    public = {name for name in import_module(f"glompo.{room}").__all__ if not name.startswith("Base")}
    assert public == {row.name for row in COMPONENT_KINDS[room]}


@every_component
def test_it_takes_what_is_documented(room, row):
    taken, _ = _settings_known(cls_of(room, row))
    call = ast.parse(f"f({row.settings})", mode="eval").body
    assert isinstance(call, ast.Call)
    for name in call.args:
        assert isinstance(name, ast.Name)
        assert name.id in taken
    for promised in call.keywords:
        assert taken[promised.arg].default == ast.literal_eval(promised.value), promised.arg


@every_component
def test_each_of_its_settings_is_described(room, row):
    cls = cls_of(room, row)
    taken, _ = _settings_known(cls)
    text = cls.__doc__ or ""
    described = {
        name.strip()
        for line in re.findall(r"^    (\*?\w+(?:, \w+)*) :", text, re.MULTILINE)
        for name in line.split(",")
    }
    assert set(taken) - {"workers"} <= described


@every_component
def test_it_is_rendered_in_the_reference(room, row):
    page = PAGES / "reference" / f"{room.replace('_', '-')}.md"
    assert row.name in rendered(page, f"glompo.{room}")


@every_component
def test_the_tests_of_its_room_name_it(room, row):
    assert re.search(rf"\b{row.name}\b", text_of_tests(room))


@every_component
def test_its_earlier_name_leads_to_it(room, row):
    cells = [cells for cells in translations() if names(cells[0], row.earlier or "–")]
    found = [new for _, new in cells if names(new, row.name) or (new.startswith(SAME) and row.earlier == row.name)]
    assert found, f"the page on migration does not say what became of {row.earlier or row.name}"


def test_the_control_of_checkpoints_takes_what_is_documented_and_is_described_tested_and_known_by_its_earlier_name():
    taken = inspect.signature(CheckpointingControl).parameters
    call = ast.parse(f"f({CONTROL})", mode="eval").body
    assert isinstance(call, ast.Call)
    promised = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    assert promised == {name: one.default for name, one in taken.items() if name in promised}
    told = CheckpointingControl.__doc__ or ""
    assert [key for key in KEYS if f"%({key})" not in told] == []
    assert [name for name in taken if f"    {name} :" not in told] == []
    assert [name for name in taken if not re.search(rf"\b{name}\b", text_of_tests("checkpoints"))] == []
    assert "::: glompo.CheckpointingControl" in (PAGES / "reference" / "manager.md").read_text(encoding="utf-8")
    assert any("CheckpointingControl" in cells[0] for cells in translations())


@pytest.mark.parametrize("method", METHODS)
def test_every_documented_method_of_scipy_is_one(method):
    assert Scipy(method).method in (*LOCAL, *GLOBAL)
    assert method in (PAGES / "reference" / "optimizers.md").read_text(encoding="utf-8")


def test_there_are_no_other_methods_of_scipy():
    assert set(METHODS) == {*LOCAL, *GLOBAL}


def rendered(page: Path, module: str) -> list[str]:
    """Return the names that a page of the reference renders from a module: those it lists, or all public ones."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"^::: {module}\n((?:    .*\n)*)", text, re.MULTILINE)
    assert found, f"{page.name} does not render {module}"
    listed = re.search(r"members: \[([^\]]*)\]", found[1])
    return re.findall(r"\w+", listed[1]) if listed else list(import_module(module).__all__)


@cache
def text_of_tests(room: str) -> str:
    """Return the text of all tests of a room."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((TESTS / room).glob("*.py")))


@cache
def translations() -> list[tuple[str, str]]:
    """Return the rows of the tables of earlier names, as pairs of cells."""
    text = (PAGES / "migration.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE)


def names(cell: str, name: str) -> bool:
    """Say whether a cell of a table is a name, or has it in backticks."""
    return cell == name or f"`{name}`" in cell
