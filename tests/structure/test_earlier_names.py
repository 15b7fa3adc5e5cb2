"""A name of the earlier system is an error that tells the present one, wherever it is used."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import glompo
from glompo.cli.config import arguments
from glompo.earlier_names import COMPONENTS, MODULES, SETTINGS, EarlierNames

PAGE = (Path(__file__).parents[2] / "docs" / "migration.md").read_text(encoding="utf-8")
MOVED = [(module, old, new) for module, names in COMPONENTS.items() for old, new in names.items()]
BOX = [(-1, 1)]


@pytest.mark.parametrize(("module", "old", "new"), MOVED)
def test_a_component_is_told_by_an_attribute_and_by_an_import(module, old, new):
    room = import_module(module)
    with pytest.raises(AttributeError, match=re.escape(new)):
        getattr(room, old)
    with pytest.raises(ImportError, match=re.escape(new)):
        exec(f"from {module} import {old}")
    assert not hasattr(room, old)
    for name in new.split(" or "):
        home, _, cls = name.rpartition(".")
        assert hasattr(import_module(home or module), cls)


@pytest.mark.parametrize(("old", "new"), MODULES.items())
def test_a_module_is_told_however_it_is_imported(old, new):
    parent, _, name = old.rpartition(".")
    for statement in (
        f"import {old}",
        f"from {old} import Anything",
        f"from {parent} import {name}",
        f"import {old}.x",
    ):
        with pytest.raises(ImportError, match=re.escape(new)):
            exec(statement)
    assert find_spec(new.partition(",")[0]) is not None


def test_a_module_is_told_as_an_attribute():
    with pytest.raises(AttributeError, match=r"what was in glompo\.hunters is in glompo\.stoppers"):
        _ = glompo.hunters


def test_a_name_that_never_was_gets_the_usual_error():
    with pytest.raises(AttributeError, match=r"module 'glompo\.stoppers' has no attribute 'Nothing'$"):
        _ = glompo.stoppers.Nothing
    with pytest.raises(ModuleNotFoundError):
        import_module("glompo.nothing")
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec("from glompo.stoppers import Nothing")


def test_python_asks_once():
    EarlierNames.install()
    assert sum(isinstance(finder, EarlierNames) for finder in sys.meta_path) == 1


@pytest.mark.parametrize(("old", "new"), SETTINGS.items())
def test_a_setting_is_told_in_python_and_in_a_configuration(old, new, tmp_path):
    for given in (
        lambda: glompo.minimize(lambda x: 0.0, BOX, **{old: 1}),
        lambda: glompo.GloMPOManager().setup(lambda x: 0.0, BOX, None, tmp_path, **{old: 1}),
        lambda: arguments({"task": "math:fsum", "bounds": [[0, 1]], old: 1}, tmp_path),
    ):
        with pytest.raises(glompo.UserError, match=f"it is called '{new}' here"):
            given()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("old", "new"), [(old, new) for room, old, new in MOVED if not old.startswith("Base")])
def test_a_component_is_told_in_a_configuration(old, new, tmp_path):
    key = next(room for room, names in COMPONENTS.items() if old in names).partition(".")[2]
    key = "x0_generator" if key == "generators" else key
    with pytest.raises(glompo.UserError, match=re.escape(new)):
        arguments({"task": "math:fsum", "bounds": [[0, 1]], key: [old] if key != "x0_generator" else old}, tmp_path)


@pytest.mark.parametrize("old", [*SETTINGS, *MODULES, *(old for _, old, _ in MOVED)])
def test_the_page_on_migration_has_the_name(old):
    assert f"`{old}`" in PAGE
