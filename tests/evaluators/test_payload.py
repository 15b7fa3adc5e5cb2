import functools
import os
import threading

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError
from glompo.evaluators.payload import preflight, unpacked


class Model:
    """Something that a task may hold."""

    def __init__(self, part=None):
        self.part = part

    def __call__(self, x):
        return 0.0

    def loss(self, x):
        return 0.0


class Slotted:
    __slots__ = ("part",)

    def __init__(self, part):
        self.part = part


class Careful(Model):
    """Leaves its lock out."""

    def __init__(self, part):
        super().__init__(part)
        self.lock = threading.Lock()

    def __getstate__(self):
        return {"part": self.part}


def closure(part):
    return lambda x: part


def nested(part):
    def task(x):
        def deeper():
            return part

        return deeper()

    return task


def fault(task):
    with pytest.raises(SettingTypeError) as caught:
        preflight(task)
    return str(caught.value)


@pytest.mark.parametrize(
    ("holder", "way"),
    [
        (closure, "its closure variable 'part'"),
        (nested, "its closure variable 'part'"),
        (Model, "its attribute 'part'"),
        (Slotted, "its attribute 'part'"),
        (Careful, "its attribute 'part'"),
        (lambda part: Model(part).loss, "the object of its method 'loss', its attribute 'part'"),
        (lambda part: functools.partial(max, part), "its argument 0"),
        (lambda part: functools.partial(max, key=part), "its argument 'key'"),
        (lambda part: closure(Model([1, {"a": part}])), "'part', its attribute 'part', its item 1, its item 'a'"),
        (lambda part: closure((part,)), "its closure variable 'part', its item 0"),
        (lambda part: closure({part}), "its closure variable 'part', an item"),
        (lambda part: lambda x, given=part: 0.0, "a default of its arguments"),
        (lambda part: lambda x, *, given=part: 0.0, "the default of its argument 'given'"),
    ],
)
def test_the_object_at_fault_and_the_way_to_it_are_named(holder, way):
    text = fault(holder(threading.Lock()))
    assert f"{way} is <unlocked _thread.lock object" in text
    assert "which cannot be pickled (TypeError: cannot pickle '_thread.lock' object)" in text


def test_a_task_that_cannot_be_pickled_itself_is_named():
    assert "cannot be sent to another process: <unlocked _thread.lock object" in fault(threading.Lock())


def test_a_global_variable_of_a_script_is_named():
    script = {"__name__": "__main__"}
    exec("import threading\nLOCK = threading.Lock()\ndef task(x):\n    return [LOCK for _ in x]", script)
    assert "its global variable 'LOCK' is <unlocked _thread.lock object" in fault(script["task"])


def test_an_open_file_is_named():
    with open(os.devnull, "w") as file:
        assert "its closure variable 'part' is <_io.TextIOWrapper name='/dev/null'" in fault(closure(file))


def test_the_message_says_what_to_do():
    assert "leave it out with __getstate__, or give the task as an import path" in fault(closure(threading.Lock()))


def test_an_object_that_refers_to_itself_is_searched_once():
    model = Model()
    model.part = [model, threading.Lock()]
    assert "its item 1 is <unlocked _thread.lock object" in fault(model)


@pytest.mark.parametrize(
    "task",
    [closure(3.0), lambda x: 3.0, functools.partial(closure(3.0)), "math:fsum", "numpy:linalg.norm"],
)
def test_what_can_be_sent_comes_out_callable(task):
    assert unpacked(preflight(task))(np.array([3.0])) == 3.0


def test_an_object_that_leaves_out_what_cannot_be_sent_is_sent():
    assert unpacked(preflight(Careful(5))).part == 5


@pytest.mark.parametrize("path", ["module", "module:", ":task", "module.task"])
def test_an_import_path_of_another_form_is_refused(path):
    with pytest.raises(SettingError, match="an import path has the form 'module:function'"):
        preflight(path)
