"""A component of the user's own is held to its contract from the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from glompo.cli.doctor import BROKEN, CONTRACTS, KEPT, SKIPPED, check, subject_of
from glompo.errors import SettingError, SettingTypeError
from glompo.settings.components import COMPONENT_KINDS, SPAWN_CONTROLS
from glompo.testing import Contract, OptimizerContract

MINE = '''
"""Components of a user."""

import numpy as np

from glompo.generators import RandomGenerator
from glompo.exit_conditions import BaseExitCondition
from glompo.optimizers import RandomSampling
from glompo.selectors import BaseSelector
from glompo.stoppers import BaseStopper


class Good(RandomSampling):
    pass


class Restless(RandomSampling):
    """Does not sit still."""

    def __init__(self, size, **kwargs):
        super().__init__(iters=size, **kwargs)
        self.rng = np.random.default_rng()


class Late(BaseStopper):
    def __init__(self, calls, hours=1.0):
        self.calls, self.hours = calls, hours

    def __call__(self, log, best_opt_id, tested_opt_id):
        return log.len(tested_opt_id) > self.calls


class Hasty(BaseStopper):
    """Looks for a value before there is one."""

    def __call__(self, log, best_opt_id, tested_opt_id):
        return log.get_history(tested_opt_id, "fx")[-1] > 3


class Enough(BaseExitCondition):
    def __call__(self, manager):
        return manager.f_counter > 10


class Corner(RandomGenerator):
    def generate(self, manager):
        return manager.bounds[:, 0]


class First(BaseSelector):
    def select_optimizer(self, manager, slots_available):
        return self.options[0] if slots_available else None


class Unfair:
    def allocate(self, view, limit):
        return {}

    def __repr__(self):
        return "Unfair()"


class Stranger:
    pass


def function(x):
    return 0.0
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "faulty.py").write_text("import no_such_library\n", encoding="utf-8")
    (tmp_path / "unfinished.py").write_text("class Half(\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("mine", "faulty", "unfinished"):
        sys.modules.pop(name, None)


def outcomes(output):
    """Return the lines of the report as outcome by promise, without reasons."""
    lines = [line.split(maxsplit=1) for line in output.splitlines()[1:]]
    return {text.partition(":")[0]: outcome for outcome, text in lines}


def test_a_good_optimizer_passes_every_check_one_line_each(mine, inside):
    code, output, errors = inside("doctor", "mine:Good")
    assert (code, errors) == (0, "")
    assert output.splitlines()[0] == f"Good is held to glompo.testing.OptimizerContract, {len(outcomes(output))} checks"
    assert list(outcomes(output)) == list(OptimizerContract.checks().values())
    assert set(outcomes(output).values()) == {KEPT, SKIPPED}


def test_what_fails_is_said_with_the_reason_and_the_exit_code_is_1(mine, inside):
    code, output, errors = inside("doctor", "mine:Restless", "--option", "size=100")
    assert (code, errors) == (1, "")
    found = outcomes(output)
    assert {promise for promise, outcome in found.items() if outcome == BROKEN} == {
        "a manager can construct it",
        "the same seed gives the same points",
        "random numbers drawn elsewhere change nothing",
    }
    [line] = [line for line in output.splitlines() if "same seed" in line]
    assert line.startswith("failed   the same seed gives the same points: evaluation 1 was at [")
    assert line.endswith("draw all random numbers from self.rng")


def test_what_raises_is_shown_with_its_place_in_the_module_of_the_user(mine, inside):
    _, output, _ = inside("doctor", "mine:Hasty")
    [line] = [line for line in output.splitlines() if "answers with a reason" in line]
    number = MINE.splitlines().index('        return log.get_history(tested_opt_id, "fx")[-1] > 3') + 1
    assert line.endswith(f"mine.py, line {number})")


@pytest.mark.parametrize(
    ("path", "options", "contract", "code"),
    [
        ("mine:Late", ["calls=100"], "StopperContract", 0),
        ("mine:Late", ["calls=100", "hours=0.5"], "StopperContract", 0),
        ("mine:Hasty", [], "StopperContract", 1),
        ("mine:Enough", [], "ExitConditionContract", 0),
        ("mine:Corner", [], "GeneratorContract", 0),
        ("mine:First", [], "SelectorContract", 0),
        ("mine:Unfair", [], "AllocatorContract", 1),
        ("BestUnmoving", ["calls=10"], "StopperContract", 0),
        ("SobolGenerator", [], "GeneratorContract", 0),
        ("Freeze", ["ftol=0.01"], "FreezerContract", 0),
    ],
)
def test_each_kind_has_its_contract(mine, inside, path, options, contract, code):
    left, output, errors = inside("doctor", path, *(part for option in options for part in ("--option", option)))
    assert (left, errors) == (code, "")
    assert f"is held to glompo.testing.{contract}" in output.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere:X"], "the component 'nowhere:X' cannot be imported: there is no module 'nowhere'"),
        (["faulty:X"], "faulty.py, line 1: No module named 'no_such_library'; install or mend it"),
        (["unfinished:Half"], "cannot be imported: SyntaxError: "),
        (["mine:Goof"], "there is no 'Goof' in mine; did you mean 'Good'?"),
        (["mine:function"], "mine:function is <function function at"),
        (["mine:Stranger"], "mine:Stranger is none of optimizer, stopper, exit condition"),
        (["BestUnmovin"], "there is no component 'BestUnmovin'; did you mean 'BestUnmoving'?"),
        (["Zzz"], "there is no component 'Zzz'; 'glompo components' lists them."),
        (["mine.Good"], "there is no component 'mine.Good'; 'glompo components' lists them. One of your own is named"),
        (["mine.Good"], "named 'mine:Good'"),
        (["mine:Restless"], "Restless needs the setting 'size'; add --option size=..."),
        (["mine:Late", "--option", "cals=3"], "the component (Late) has no setting 'cals'; did you mean 'calls'?"),
        (["mine:Late", "--option", "calls"], "--option is 'calls'; give name=value"),
        (["Scipy", "--option", "method=powel"], "did you mean 'Powell'?"),
        (["mine:Good", "--knob", "dim=2"], "OptimizerContract has no knob 'dim'; it has dims, evaluations"),
    ],
)
def test_bad_input_is_told_and_the_exit_code_is_2(mine, inside, arguments, complaint):
    code, output, errors = inside("doctor", *arguments)
    assert (code, output) == (2, "")
    assert complaint in errors


def test_options_are_read_as_in_a_configuration(mine):
    def settings(*options):
        return subject_of("mine:Good", options, []).subject[1]

    assert settings("iters=30") == {"iters": 30}
    assert settings("iters = 30", "workers=2") == {"iters": 30, "workers": 2}
    assert subject_of("Scipy", ["method=powell", "options={xtol = 1e-3}"], []).subject[1] == {
        "method": "powell",
        "options": {"xtol": 1e-3},
    }
    assert subject_of("FunctionOptimizer", ["minimiser=mine:function"], []).subject[1]["minimiser"](0) == 0.0


def test_knobs_tune_the_contract(mine):
    one = subject_of("mine:Good", [], ["dims=5", "tolerance=0.5"])
    assert (one.contract.dims, one.contract.tolerance) == (5, 0.5)
    assert issubclass(one.contract, OptimizerContract)
    assert OptimizerContract.dims == 3
    point = subject_of("SinglePointGenerator", ["x0=[0.5]"], ["bounds=[[0, 1]]"])
    assert {finding.outcome for finding in check(point)} == {KEPT}


def test_a_check_that_stumbles_counts_as_failed(mine):
    class Stumbling(Contract):
        subject = "optimizer"

        def test_it_does_not_stumble(self, optimizer):
            raise LookupError("over\n  its own feet")

    one = subject_of("mine:Good", [], [])._replace(contract=Stumbling)
    [finding] = check(one)
    assert str(finding).startswith("failed   it does not stumble: LookupError: over its own feet (")


def test_every_kind_that_can_be_named_has_a_contract_but_spawn_controls():
    assert {kind for kind, _ in CONTRACTS} | {SPAWN_CONTROLS} == set(COMPONENT_KINDS.values())


def test_errors_of_the_user_are_errors_of_settings(mine):
    with pytest.raises(SettingTypeError):
        subject_of("mine:Stranger", [], [])
    with pytest.raises(SettingError):
        subject_of("Zzz", [], [])


def test_it_works_without_pytest(mine):
    program = """
import sys
for name in ("pytest", "_pytest", "hypothesis"):
    sys.modules[name] = None
from glompo.cli import main
sys.argv = ["glompo", "doctor", "mine:Corner"]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False, cwd=mine
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Corner is held to glompo.testing.GeneratorContract")
