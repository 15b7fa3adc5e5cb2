"""A task is known again by what it computes with, and by nothing else."""

import functools
import itertools
import linecache
import subprocess
import sys
from dataclasses import dataclass
from textwrap import dedent

import numpy as np
import pytest

from glompo.problems import Rastrigin
from glompo.spec.fingerprint import differences, fingerprint
from glompo.tasks.command import CommandTask

CELLS = itertools.count()


def defined(text, name="task"):
    """Return what a cell of a notebook defines."""
    file = f"<cell {next(CELLS)}>"
    text = dedent(text)
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = {"__name__": "__main__", "np": np}
    exec(compile(text, file, "exec"), space)
    return space[name]


def same(one, other):
    before, now = fingerprint(one), fingerprint(other)
    assert before
    assert now
    return not differences(before, now)


TASK = """
SCALE, LOG, seen = 2.0, [], {}
def helper(x):
    return SCALE * x
def task(x, power=2):
    LOG.append(1)
    seen["last"] = x
    return helper(x @ x) ** power
"""

INSTANCE = """
class Model:
    def __init__(self, k):
        self.k, self.calls, self.cache = k, 0, {}
    def __call__(self, x):
        self.calls += 1
        self.cache[self.calls] = x
        return self.k * float(x @ x)
task = Model(3)
"""

ON_ONE_LINE = "first, second = (lambda x: x + 1), (lambda x: x - 1)"


@pytest.mark.parametrize("text", [TASK, INSTANCE, "def make(a):\n    return lambda x: a * x\ntask = make(2)"])
def test_a_cell_that_is_run_again_defines_the_same_task(text):
    assert same(defined(text), defined(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def task(x, power=2):", "def task(x, power=2):  # a comment"),
        ("def task(x, power=2):", "def task(x, power=2):\n    '''A docstring.'''\n"),
        ("    return helper(x @ x) ** power", "    return (helper( x@x )\n      **power)"),
        ("def helper(x):", "\n\n\ndef helper(x: float) -> float:"),
        ("LOG, seen = 2.0, [], {}", "LOG, seen = 2.0, [1, 2], {'last': 3}"),
    ],
)
def test_layout_comments_docstrings_annotations_and_logs_do_not_count(old, new):
    assert same(defined(TASK), defined(TASK.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"), [("x @ x", "x @ x - 1"), ("power=2", "power=3"), ("SCALE * x", "SCALE + x"), ("= 2.0", "= 2.5")]
)
def test_another_body_default_helper_or_global_is_another_task(old, new):
    assert not same(defined(TASK), defined(TASK.replace(old, new)))


def test_a_global_that_the_module_computes_is_known_by_how():
    text = "import os, time\nSIDE, BEGUN = os.environ.get('SIDE'), time.time()\ndef task(x):\n    return SIDE, BEGUN, x"
    assert same(defined(text), defined(text))
    assert not same(defined(text), defined(text.replace("time.time()", "time.monotonic()")))


def test_an_instance_is_known_by_its_class_and_by_what_its_calls_do_not_change():
    task, other = defined(INSTANCE), defined(INSTANCE)
    other(np.ones(2))
    assert same(task, other)
    other.k = 4
    assert not same(task, other)
    assert not same(task, defined(INSTANCE.replace("self.k *", "self.k +")))
    assert same(task.__call__, defined(INSTANCE).__call__)


def test_lambdas_on_one_line_are_told_apart():
    assert not same(defined(ON_ONE_LINE, "first"), defined(ON_ONE_LINE, "second"))
    assert same(defined(ON_ONE_LINE, "first"), defined("task = lambda x: x + 1"))


def test_the_call_around_a_lambda_does_not_count():
    one = "tasks = []\ntasks.append(lambda x: x + 1, )\ntask = tasks[0]"
    assert same(defined(one), defined(one.replace("append(", "insert(0, ")))


@dataclass
class Shifted:
    shift: np.ndarray

    def __call__(self, x):
        return float(((x - self.shift) ** 2).sum())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (functools.partial(divmod, 1), functools.partial(divmod, 2)),
        (functools.partial(divmod, 1), divmod),
        (Shifted(np.zeros(2)), Shifted(np.ones(2))),
        (Rastrigin(dims=2, shift=[0.1, 0.1]), Rastrigin(dims=2)),
        (np.sum, np.max),
        (abs, len),
        (CommandTask(["echo", "{x0}"]), CommandTask(["printf", "{x0}"])),
    ],
)
def test_tasks_that_differ_in_their_data_or_names_differ(one, other):
    assert not same(one, other)
    assert same(one, one)


def test_a_program_is_known_by_its_template(tmp_path):
    template = tmp_path / "in.txt.template"
    template.write_text("{x0}")
    first = CommandTask("cat in.txt", template=template)
    template.write_text("{x0} 1")
    assert not same(first, CommandTask("cat in.txt", template=template))


def test_a_task_may_say_itself_what_it_is():
    text = "class Task:\n    def __init__(self, v): self.v = v\n    def resume_key(self): return {'version': self.v}\n"
    assert same(defined(text + "task = Task(1)"), defined("\n# moved\n" + text + "task = Task(1)"))
    assert not same(defined(text + "task = Task(1)"), defined(text + "task = Task(2)"))


def test_a_task_that_cannot_be_looked_at_says_nothing():
    class Odd:
        def __getattr__(self, name):
            raise RuntimeError("not today")

        def __call__(self, x):
            return 0.0

    assert differences(fingerprint(Odd()), fingerprint(abs)) == []


def test_code_without_source_says_nothing_about_code_with_it():
    space = {}
    exec("def task(x):\n    return 1.0", space)
    assert same(space["task"], defined("def task(x):\n    return 2.0"))
    exec("def other(x):\n    return 3.0", space)
    assert not same(space["task"], space["other"])


def test_a_script_that_is_run_and_one_that_is_imported_hold_the_same_task(tmp_path):
    told = "\nfrom glompo.spec.fingerprint import fingerprint\nprint(fingerprint(task))"
    (tmp_path / "script.py").write_text(TASK + told)
    command = [[sys.executable, "script.py"], [sys.executable, "-c", "import script"]]
    run, imported = (subprocess.run(one, cwd=tmp_path, capture_output=True, text=True, check=True) for one in command)
    assert run.stdout == imported.stdout
