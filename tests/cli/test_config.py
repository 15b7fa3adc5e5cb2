"""From a configuration to the call that it stands for."""

from __future__ import annotations

import copy
import inspect
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glompo
from glompo import CheckpointingControl
from glompo.allocators import EqualBlocks, SuccessiveHalving
from glompo.cli.config import arguments, read_config, settings_known
from glompo.core.policies.rule_text import combine
from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.exit_conditions import MaxOptimizersConverged, TimeLimit
from glompo.freezers import Freeze
from glompo.generators import IncumbentHops, SobolGenerator
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.portfolio import Portfolio
from glompo.selectors import BIPOPSelector, ChainSelector, NOptimizersSpawnStop
from glompo.spec import bounds_of
from glompo.stoppers import BestUnmoving, CatchUp, MinFuncCalls

LEAST = {"task": "module:function", "bounds": [[-1, 1], [0, 2]]}
FOLDER = Path("/where/the/file/is")

PASSED_ON = {
    "max_evaluations": st.integers(1),
    "max_seconds": st.floats(0.1),
    "target": st.floats(allow_nan=False),
    "max_jobs": st.integers(1, 64),
    "rng": st.integers(0),
    "share_best_solutions": st.booleans(),
    "stopper_interval": st.integers(1),
    "stop_best": st.booleans(),
    "overwrite_existing": st.booleans(),
    "is_log_detailed": st.booleans(),
    "max_failure_rate": st.floats(0.1, 1.0),
    "durability": st.sampled_from(["batch", "always", "none"]),
    "failure_policy": st.sampled_from(["penalize", "worst_seen", "raise"]),
    "x0": st.lists(st.floats(), min_size=2, max_size=2),
    "names": st.lists(st.text(), min_size=2, max_size=2),
    "progress": st.booleans(),
    "label": st.text(),
}


def call(**settings):
    return arguments(LEAST | settings, FOLDER)


@given(st.fixed_dictionaries({}, optional=PASSED_ON))
def test_a_setting_without_components_is_passed_on_under_its_name(settings):
    assert call(**settings) == LEAST | {"bounds": [(-1, 1), (0, 2)]} | settings


def test_every_argument_of_minimize_and_of_setup_can_be_set():
    taken = {*inspect.signature(glompo.minimize).parameters, *inspect.signature(glompo.GloMPOManager.setup).parameters}
    assert settings_known() - taken == {
        "stoppers_combine",
        "exit_conditions_combine",
        "python_path",
        "calibration",
        "regimes",
    }
    assert taken - settings_known() == {"self", "configuration"}
    assert set(PASSED_ON) < settings_known()


KINDS = ["CMAOptimizer", "BestUnmoving", "Scipy", "TimeLimit", "SobolGenerator", "ChainSelector", "nonsense"]
KEYS = ["workers", "sigma0", "calls", "tol", "method", "seconds", "fcall_thresholds", "allow_spawn", "nonsense"]
VALUES = st.recursive(
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=5), st.sampled_from(KINDS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"type": st.sampled_from(KINDS)}, optional=dict.fromkeys(KEYS, inner)),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(settings_known() | {"wrong"})), VALUES, max_size=5))
def test_whatever_a_file_says_is_a_call_or_a_mistake_of_the_user_and_the_file_is_left_as_it_is(document):
    before = copy.deepcopy(document)
    try:
        made = set(arguments(LEAST | document, FOLDER))
    except UserError:
        made = set()
    assert made <= settings_known()
    assert repr(document) == repr(before)


@given(st.sampled_from(sorted(settings_known())), st.integers(0), st.sampled_from("abcxyz_"))
def test_a_misspelt_setting_is_named_with_one_that_exists(name, place, letter):
    misspelt = name[: place % len(name)] + letter + name[place % len(name) :]
    if misspelt in settings_known():
        return
    with pytest.raises(SettingTypeError, match=f"the configuration has no setting '{misspelt}'") as told:
        call(**{misspelt: 1})
    assert any(f"{known!r}" in str(told.value) or f" {known}" in str(told.value) for known in settings_known())


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"bounds": LEAST["bounds"]}, 'no task; add task = "module:function"'),
        (LEAST | {"task": 3}, "task is 3; give the import path"),
        (LEAST | {"bounds": "wide"}, "bounds is 'wide'; give"),
        (LEAST | {"bounds": [[0, 1], [0, 1, 2]]}, r"bounds of parameter 1 are \[0, 1, 2\]; give two numbers"),
        (LEAST | {"bounds": [[0, "1"]]}, r"bounds of parameter 0 are \[0, '1'\]; give two numbers"),
        (LEAST | {"bounds": [[False, True]]}, "give two numbers"),
        (LEAST | {"bounds": [[[0], [1]]]}, "give two numbers"),
        (LEAST | {"working_dir": 3}, "working_dir is 3; give the path"),
        (LEAST | {"optimizers": []}, r"optimizers is \[\]; name one at least"),
        (LEAST | {"stoppers_combine": "1"}, "stoppers_combine is '1', but there are no stoppers"),
        (LEAST | {"stoppers": ["CatchUp"], "stoppers_combine": "1 & 2"}, "stoppers_combine: .* there is no rule 2"),
        (LEAST | {"stoppers": ["CatchUp"], "stoppers_combine": 1}, "stoppers_combine: .* give a text such as"),
    ],
)
def test_what_is_missing_or_of_the_wrong_kind_is_said_with_the_remedy(document, complaint):
    with pytest.raises(UserError, match=complaint):
        arguments(document, FOLDER)


def test_rows_of_bounds_are_pairs_also_where_two_vectors_could_be_meant():
    vectors = [[0, 0.5], [1, 2]]
    assert bounds_of(call(bounds=vectors)["bounds"]).tolist() == vectors


def test_the_working_directory_is_relative_to_the_file(monkeypatch):
    monkeypatch.setenv("HOME", "/at/home")
    assert call(working_dir="runs/one")["working_dir"] == FOLDER / "runs" / "one"
    assert call(working_dir="/runs/one")["working_dir"] == Path("/runs/one")
    assert call(working_dir="~/one")["working_dir"] == Path("/at/home/one")
    assert "working_dir" not in call()


def test_optimizers_are_given_as_their_class_and_settings():
    table = [{"type": "CMAOptimizer", "sigma0": 0.1, "workers": 3}, "RandomSampling"]
    assert call(optimizers=table)["optimizers"] == [
        (CMAOptimizer, {"sigma0": 0.1, "workers": 3}, {}),
        (RandomSampling, {}, {}),
    ]
    assert call(optimizers="RandomSampling") == call(optimizers=[{"type": "RandomSampling"}])


def test_what_the_method_minimize_takes_besides_is_a_table_of_its_own():
    table = {"type": "RandomSampling", "iters": 5, "minimize": {"verbose": True}}
    assert call(optimizers=table)["optimizers"] == [(RandomSampling, {"iters": 5}, {"verbose": True})]
    with pytest.raises(SettingTypeError, match=r"optimizers: minimize is 3; give a table"):
        call(optimizers=["CMAOptimizer", {"type": "RandomSampling", "minimize": 3}])


def test_of_several_rules_one_must_hold_unless_the_file_says_otherwise():
    rules = [{"type": "MinFuncCalls", "min_pts": 9}, {"type": "BestUnmoving", "calls": 5}, "CatchUp"]
    expected = [MinFuncCalls(9), BestUnmoving(5), CatchUp()]
    assert list(map(str, call(stoppers=rules)["stoppers"])) == list(map(str, expected))
    combined = call(stoppers=rules, stoppers_combine="(1 & 2) | ~3")["stoppers"]
    assert str(combined) == str((MinFuncCalls(9) & BestUnmoving(5)) | ~CatchUp())
    ends = [{"type": "TimeLimit", "seconds": 60}, {"type": "MaxOptimizersConverged", "n": 2}]
    both = call(exit_conditions=ends, exit_conditions_combine="1 & 2")["exit_conditions"]
    assert str(both) == str(TimeLimit(60) & MaxOptimizersConverged(2))
    assert call(stoppers=[])["stoppers"] == []


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.sampled_from(["&", "|"]), st.booleans())
def test_a_combination_in_the_file_is_that_of_the_rules(calls, joint, negated):
    rules = [{"type": "BestUnmoving", "calls": n} for n in calls]
    text = f" {joint} ".join(f"{'~' if negated else ''}{n}" for n in range(1, len(calls) + 1))
    found = call(stoppers=rules, stoppers_combine=text)["stoppers"]
    assert str(found) == str(combine(text, [BestUnmoving(n) for n in calls]))


def test_a_generator_and_a_selector_are_made_as_the_file_says():
    made = call(
        x0_generator="SobolGenerator",
        optimizers=["RandomSampling", "CMAOptimizer"],
        opt_selector={
            "type": "ChainSelector",
            "fcall_thresholds": [100],
            "allow_spawn": {"type": "NOptimizersSpawnStop", "max_opts": 4},
        },
    )
    assert isinstance(made["x0_generator"], SobolGenerator)
    selector = made["opt_selector"]
    assert "optimizers" not in made
    assert isinstance(selector, ChainSelector)
    assert [option.cls for option in selector.options] == [RandomSampling, CMAOptimizer]
    assert selector.fcall_thresholds == [100]
    [gate] = selector._gates
    assert repr(gate) == repr(NOptimizersSpawnStop(4))


def test_a_selector_without_optimizers_starts_what_runs_start_without_one():
    assert [option.cls for option in call(opt_selector="RandomSelector")["opt_selector"].options] == [CMAOptimizer]


SETTINGS = {
    "callback": 'callback = "builtins:repr"',
    "integrality": "integrality = [0, 1]",
    "known_points": "known_points = [[[0.5, 1.0]], [3.0]]",
    "optimizers": 'optimizers = ["RandomSampling"]',
    "max_evaluations": "max_evaluations = 40",
    "max_seconds": "max_seconds = 60",
    "target": "target = -1e3",
    "opt_selector": 'opt_selector = {type = "CycleSelector", allow_spawn = {type = "IterSpawnStop", max_calls = 9}}',
    "working_dir": 'working_dir = "run"',
    "label": 'label = "a first try"',
    "overwrite_existing": "overwrite_existing = true",
    "resume": 'resume = "auto"',
    "max_jobs": "max_jobs = 3",
    "backend": 'backend = "processes"',
    "evaluator": 'evaluator = "pool"',
    "cluster": 'evaluator = "slurm"\nmax_jobs = 8\ncluster = {queue = "short", cores = 4, wait = 600}',
    "evaluation_timeout": 'evaluation_timeout = 60\nevaluator = "pool"',
    "adaptive_timeout": 'adaptive_timeout = 10.0\nevaluator = "pool"',
    "evaluation_grace": "evaluation_grace = 30",
    "evaluation_threads": 'evaluation_threads = 4\nevaluator = "pool"',
    "memory_limit": 'memory_limit = 4_000_000_000\nevaluator = "pool"',
    "exit_conditions": 'exit_conditions = {type = "MaxCost", seconds = 60}',
    "x0": "x0 = [0, 1.5]",
    "x0_generator": 'x0_generator = "SobolGenerator"',
    "stoppers": 'stoppers = ["CatchUp", {type = "BestUnmoving", calls = 50}]',
    "share_best_solutions": "share_best_solutions = true",
    "stopper_interval": "stopper_interval = 5",
    "stop_best": "stop_best = true",
    "freezer": "freezer = {type = 'Freeze', ftol = 1e-3}",
    "allocator": 'allocator = "MetaMaxAllocator"',
    "force_terminations_after": 'force_terminations_after = 60\nbackend = "processes"',
    "aggressive_kill": 'aggressive_kill = true\nbackend = "processes"',
    "end_timeout": 'end_timeout = 5\nbackend = "processes"',
    "split_printstreams": "split_printstreams = false",
    "summary_files": "summary_files = 1",
    "is_log_detailed": "is_log_detailed = true",
    "scaler": 'scaler = "linear"',
    "failure_policy": 'failure_policy = ["retry(2)", "worst_seen"]',
    "max_failure_rate": "max_failure_rate = 0.5",
    "durability": 'durability = "always"',
    "names": 'names = ["a", "b"]',
    "rng": "rng = 7",
    "deterministic": "deterministic = true",
    "progress": "progress = false",
    "status_interval": "status_interval = 60",
    "checkpoint_control": "[checkpoint_control]\nkeep_past = 1",
    "save_states_every": "save_states_every = 100",
    "on_divergence": "on_divergence = 'fail'",
    "on_interrupt": "on_interrupt = 'raise'",
    "resume_task": "resume_task = 'changed'",
}
"""How each setting of the run is written in TOML."""

DETAILED = """
def f(x):
    return 0.0

class Detailed:
    def __call__(self, x):
        return 0.0

    def detailed_call(self, x):
        return 0.0, 1.0

g = Detailed()
"""


def test_each_setting_is_written_somewhere_below():
    elsewhere = {
        "task",
        "bounds",
        "stoppers_combine",
        "exit_conditions_combine",
        "python_path",
        "calibration",
        "regimes",
    }
    assert set(SETTINGS) == settings_known() - elsewhere


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_of_the_run_can_be_written_in_toml_and_is_accepted(name, tmp_path, monkeypatch):
    (tmp_path / "detailed_task.py").write_text(DETAILED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(glompo.GloMPOManager, "start_manager", lambda manager: manager)
    task = "detailed_task:g" if name == "is_log_detailed" else "detailed_task:f"
    text = f'task = "{task}"\nbounds = [[-1, 1], [0, 2]]\n{SETTINGS[name]}\n'
    (tmp_path / "fit.toml").write_text(text)
    made = arguments(read_config(tmp_path / "fit.toml"), tmp_path)
    assert name in made
    assert glompo.minimize(**made).is_initialised
    sys.modules.pop("detailed_task", None)


def test_a_freezer_and_an_allocator_are_made_as_the_file_says():
    made = call(
        freezer={"type": "Freeze", "ftol": 0.01, "last": 0.2},
        allocator={"type": "SuccessiveHalving", "eta": 2},
    )
    assert str(made["freezer"]) == str(Freeze(0.01, last=0.2))
    assert (type(made["allocator"]), made["allocator"].eta) == (SuccessiveHalving, 2.0)
    assert isinstance(call(allocator="EqualBlocks")["allocator"], EqualBlocks)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"allocator": "CycleSelector"}, "there is no allocator 'CycleSelector'"),
        ({"freezer": "Freeze"}, r"freezer \(Freeze\) lacks the setting 'ftol'"),
        ({"freezer": {"type": "Freeze", "ftol": 3}}, r"freezer \(Freeze\): Freeze: ftol is 3"),
        ({"x0_generator": "CrossoverGenerators"}, "there is no generator 'CrossoverGenerators'; did you mean"),
    ],
)
def test_a_mistake_in_a_component_is_told(given, complaint):
    with pytest.raises(UserError, match=complaint):
        call(**given)


def test_checkpoints_are_set_in_a_table_under_their_names():
    made = call(checkpoint_control={"checkpoint_iter_frequency": 100, "keep_past": 0})["checkpoint_control"]
    assert made == CheckpointingControl(checkpoint_iter_frequency=100, keep_past=0)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"keep_passed": 1}, r"\[checkpoint_control\] has no setting 'keep_passed'.*keep_past"),
        ({"keep_past": -2}, "keep_past is -2"),
    ],
)
def test_a_mistake_in_that_table_is_told(given, complaint):
    with pytest.raises(UserError, match=complaint):
        call(checkpoint_control=given)


def test_the_one_optimizer_of_a_selector_is_that_of_the_file():
    selector = call(optimizers="CMAOptimizer", opt_selector={"type": "BIPOPSelector", "doublings": 3})["opt_selector"]
    assert isinstance(selector, BIPOPSelector)
    assert {option.cls for option in selector.options} == {CMAOptimizer}


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "fit.toml"
    path.write_bytes(b"task = '\xff'")
    with pytest.raises(UserError, match="is not UTF-8 at byte 8"):
        read_config(path)
    with pytest.raises(UserError, match=r"cannot read .*: it is no regular file"):
        read_config(tmp_path)


def test_a_wrong_setting_of_a_component_is_told_with_its_place():
    with pytest.raises(SettingError, match=r"exit_conditions 2 \(TimeLimit\): TimeLimit: seconds is 'long'; give"):
        call(exit_conditions=[{"type": "Unimproved", "calls": 9}, {"type": "TimeLimit", "seconds": "long"}])


PORTFOLIO = [
    {"name": "base", "optimizers": {"type": "CMAOptimizer", "sigma0": 0.3}, "selector": "BIPOPSelector", "success": 1},
    {
        "name": "local",
        "optimizers": ["RandomSampling", {"type": "Scipy", "method": "COBYQA", "unit": True}],
        "generator": "IncumbentHops",
        "stopper": {"type": "CatchUp", "kappa": 4},
        "share": 0.1,
        "later": 0.2,
    },
]


def test_the_tables_of_regimes_are_a_portfolio():
    portfolio = call(regimes=PORTFOLIO)["opt_selector"]
    assert isinstance(portfolio, Portfolio)
    base, local = portfolio.regimes.values()
    assert isinstance(base.selector, BIPOPSelector)
    assert (base.share, base.success, base.selector.options[0].kwargs) == (1.0, 1.0, {"sigma0": 0.3})
    assert [option.cls for option in local.selector.options] == [RandomSampling, Scipy]
    assert (local.share, local.later, str(local.stopper)) == (0.1, 0.2, str(CatchUp(kappa=4)))
    assert isinstance(local.generator, IncumbentHops)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"regimes": []}, "regimes is \\[\\]; write a table"),
        ({"regimes": "base"}, "regimes is 'base'; write a table"),
        ({"regimes": PORTFOLIO, "optimizers": "CMAOptimizer"}, "regimes and optimizers are both given"),
        ({"regimes": PORTFOLIO, "opt_selector": "CycleSelector"}, "regimes and opt_selector are both given"),
        ({"regimes": [{"name": "a"}]}, "regimes 1 has no optimizers"),
        ({"regimes": [{"optimizers": "CMAOptimizer"}]}, "regimes 1 has no name"),
        ({"regimes": [PORTFOLIO[0], {**PORTFOLIO[1], "shares": 2}]}, "regimes 2 has no setting 'shares'.*share"),
        ({"regimes": [{**PORTFOLIO[1], "share": 0}]}, "regimes 1: Regime: share is 0"),
        ({"regimes": [{**PORTFOLIO[1], "stopper": "IncumbentHops"}]}, "regimes 1: stopper"),
        ({"regimes": [{**PORTFOLIO[1], "optimizers": []}]}, "regimes 1: optimizers is \\[\\]"),
        ({"regimes": [PORTFOLIO[0], PORTFOLIO[0]]}, "two regimes are called the same"),
    ],
)
def test_what_is_wrong_in_a_table_of_regimes_is_named(changes, said):
    with pytest.raises((SettingError, SettingTypeError), match=said):
        call(**changes)
