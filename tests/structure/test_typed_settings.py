"""Settings are known to type checkers, to ``help()`` and at run time alike."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import glompo
from glompo.errors import SettingTypeError
from glompo.settings import MinimizeSettings, SetupSettings
from glompo.settings.field import settings_of
from glompo.settings.run_settings import RunSpec

PLANTED = {
    "glompo.minimize(task, BOX, max_evaluation=5)": "max_evaluation",
    "glompo.minimize(task, BOX, max_jobs='two')": "max_jobs",
    "glompo.minimize(task, BOX, backend='thread')": "backend",
    "Manager.new_manager(task, BOX, RandomSampling, max_job=2)": "max_job",
    "Manager.new_manager(task, BOX, RandomSampling, stopper_interval=1.5)": "stopper_interval",
    "Manager().setup(task, BOX, RandomSampling, share_best_solution=True)": "share_best_solution",
    "Manager().setup(task, BOX, RandomSampling, resume='sometimes')": "resume",
    "Manager().load_checkpoint('run', max_evaluation=5)": "max_evaluation",
}
RIGHT = [
    "glompo.minimize(task, BOX, max_evaluations=5, max_jobs=2, exit_conditions=None, scaler={'a': 'log'})",
    "Manager.new_manager(task, BOX, RandomSampling, 'run', max_jobs=2, names=['a'], failure_policy=['retry(2)'])",
    "Manager().setup(task, BOX, RandomSampling, working_dir=None, resume='auto', evaluation_threads=None)",
    "Manager().load_checkpoint('run', max_evaluations=5, max_jobs=None)",
]
CACHE = ("--cache-dir", str(Path(__file__).parents[2] / ".mypy_cache" / "planted"))
"""Kept between runs, and shared with the test of the tutorial, which has the same options: others make it void."""

HEAD = """
import glompo
from glompo import GloMPOManager as Manager
from glompo.optimizers import RandomSampling

BOX = [(0, 1)]

def task(x: object) -> float:
    return 0.0

"""


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy comes with the extra 'dev'")
def test_a_type_checker_finds_each_wrong_setting_and_no_other(tmp_path):
    lines = [*RIGHT, *PLANTED]
    (tmp_path / "script.py").write_text(HEAD + "\n".join(lines))
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--ignore-missing-imports",
        "--no-error-summary",
        "--hide-error-context",
        *CACHE,
        "script.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    first = HEAD.count("\n") + 1
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    found = {lines[int(line.split(":")[1]) - first]: line for line in errors}
    assert set(found) == set(PLANTED), done.stdout + done.stderr
    for line, name in PLANTED.items():
        assert f'"{name}"' in found[line]


def test_the_same_words_are_refused_at_run_time_with_a_hint():
    with pytest.raises(SettingTypeError, match="minimize has no setting 'max_evaluation'; did you mean 'max_evaluatio"):
        glompo.minimize(abs, [(0, 1)], max_evaluation=5)
    with pytest.raises(SettingTypeError, match="setup has no setting 'max_job'; did you mean 'max_jobs'"):
        glompo.GloMPOManager().setup(abs, [(0, 1)], None, max_job=5)


def test_every_setting_is_declared_typed_and_documented():
    parameters = inspect.signature(glompo.GloMPOManager.setup).parameters
    assert set(parameters) - {"self"} == set(settings_of(RunSpec))
    assert [
        name for name in SetupSettings.__annotations__ if f"\n{name} : " not in _text(glompo.GloMPOManager.setup)
    ] == []
    assert [name for name in MinimizeSettings.__annotations__ if f"\n{name} : " not in _text(glompo.minimize)] == []


def test_signatures_show_names_and_defaults():
    for function in (glompo.minimize, glompo.GloMPOManager.setup, glompo.GloMPOManager.new_manager):
        shown = inspect.signature(function).parameters
        assert not any(one.kind is one.VAR_KEYWORD for one in shown.values())
        assert (shown["stopper_interval"].default, shown["end_timeout"].default, shown["x0"].default) == (
            10,
            10.0,
            None,
        )
    assert inspect.signature(glompo.minimize).parameters["working_dir"].default is None
    assert inspect.signature(glompo.GloMPOManager().setup).parameters["working_dir"].default == "."


def _text(function):
    return inspect.getdoc(function) or ""
