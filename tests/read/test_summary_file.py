from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.errors import StoreError, UserError
from glompo.read import result_of, write_summary
from glompo.storage.directory import SUMMARY

from .runs import mixed

SETTINGS = {
    "task": "module:loss",
    "names": None,
    "max_jobs": 4,
    "x0": [0.5, 1e-05],
    "share_best_solutions": False,
    "stoppers": "BestUnmoving(calls=500, tol=0.01)",
}


def lines(folder: Path, settings=SETTINGS) -> list[str]:
    return write_summary(result_of(mixed().view(), folder), settings, folder).read_text("utf-8").splitlines()


def test_it_holds_settings_counters_result_and_the_table_of_optimizers(tmp_path):
    written = lines(tmp_path)
    sections = [line for line in written if not line.startswith((" ", "-"))]
    assert [section.partition(":")[0] for section in sections] == [
        "settings",
        "counters",
        "result",
        "optimizers",
        "dates",
        "run_dir",
    ]
    for line in (
        '  task: "module:loss"',
        "  names: null",
        "  max_jobs: 4",
        "  share_best_solutions: false",
        '  stoppers: "BestUnmoving(calls=500, tol=0.01)"',
        "  function_evaluations: 9",
        "  optimizers_stopped: 1",
        "  success: true",
        "  fx: 0.1",
        "  x: [0.30000000000000004, 0.3333333333333333]",
        "- opt_id: 3",
        '  end: "crashed: ValueError: no luck"',
        "  best_fx: .inf",
        '  opened: "2000-01-01T00:00:00+00:00"',
        "  seconds: 9.0",
    ):
        assert line in written


def test_small_and_large_numbers_are_numbers_for_readers_of_yaml_1_1_too(tmp_path):
    assert "  x0: [0.5, 1.0e-05]" in lines(tmp_path)


def test_words_that_yaml_takes_for_something_else_are_quoted(tmp_path):
    settings = {"a": "no", "b": "null", "c": "12", "d": "", "e": "1e3", "f": "Null", "g": "- item", "h": "k: v"}
    written = lines(tmp_path, settings)
    assert all(f"  {name}: {json.dumps(value)}" in written for name, value in settings.items())


@given(st.text())
def test_any_text_stays_on_its_line_in_characters_that_yaml_permits(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("summary")
    write_summary(result_of(mixed().view(), folder), {"task": text}, folder)
    content = (folder / SUMMARY).read_bytes().decode("utf-8")
    assert content.startswith("settings:\n  task: ")
    value = content.split("\n")[1].removeprefix("  task: ")
    assert value.isprintable()
    astral = re.compile(r"\\\\|\\U([0-9a-f]{8})")
    as_json = astral.sub(lambda m: json.dumps(chr(int(m[1], 16)))[1:-1] if m[1] else m[0], value)
    assert (json.loads(as_json) if value.startswith('"') else value) == text


@given(st.floats())
def test_any_number_reads_back_as_the_same_number(tmp_path_factory, number):
    folder = tmp_path_factory.mktemp("summary")
    write_summary(result_of(mixed().view(), folder), {"value": number}, folder)
    value = (folder / SUMMARY).read_text().split("\n")[1].removeprefix("  value: ")
    if math.isfinite(number):
        assert float(value) == number
        assert "." in value
    else:
        assert value == {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}[str(number)]


def test_the_folder_is_made_and_nothing_else_is_left_in_it(tmp_path):
    folder = tmp_path / "new" / "folder"
    path = write_summary(result_of(mixed().view()), {}, folder)
    assert [path] == list(folder.iterdir())
    assert path.name == "glompo_manager_log.yml"


def test_without_a_folder_there_is_nowhere_to_write():
    with pytest.raises(UserError, match="name a folder"):
        write_summary(result_of(mixed().view()), {}, None)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot write .*file.*; name another folder"):
        write_summary(result_of(mixed().view()), {}, tmp_path / "file")
