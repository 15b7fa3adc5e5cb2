"""The import contracts of the project can fail: that they pass is checked by lint-imports itself."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from glompo.core.decisions.decide import order_of_questions

pytest.importorskip("importlinter", reason="import-linter comes with the extra 'dev'")

ROOT = Path(__file__).parents[2]


def contracts(folder):
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=folder, env={"PYTHONPATH": "src"}, capture_output=True, text=True)
    return done.returncode, done.stdout


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("core/decisions/decide.py", "import time"),
        ("stoppers/best_unmoving.py", "import random"),
        ("show/plots.py", "from glompo.core.state.run_state import RunState"),
        ("worker/managed_function.py", "from glompo.core.state.run_state import RunState"),
        ("engine/loop.py", "import threading"),
        ("ask_tell/queue.py", "from glompo.engine.loop import Engine"),
        ("storage/journal.py", "from glompo.engine.loop import Engine"),
        ("misplaced.py", ""),
    ],
)
def test_a_breach_of_the_rooms_is_seen(copy, room, line):
    path = copy / "src" / "glompo" / room
    old = path.read_text() if path.exists() else ""
    path.write_text(f"{old}\n{line}\n")
    code, report = contracts(copy)
    assert code == 1, report
    assert "BROKEN" in report or "misplaced" in report


def test_the_page_on_how_it_works_shows_the_rooms_as_they_are():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = "\n".join(settings["contracts"][0]["layers"])
    assert f"```text\n{layers}\n```" in (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")


def drawing():
    page = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    return page[page.index("┌") : page.index("```", page.index("┌"))]


def test_the_drawing_of_the_house_shows_every_room_and_inner_room():
    package = ROOT / "src" / "glompo"
    rooms = sorted(path.parent.name for path in package.rglob("*/__init__.py"))
    # show/ stands beside what it draws from, which is named there once more
    drawn = re.findall(r"(\w+)/", drawing().replace("from read/", ""))
    assert sorted(drawn) == rooms


def test_the_floors_of_the_drawing_are_the_layers():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    floor_of = {room: floor for floor, layer in enumerate(layers) for room in layer.split(" | ")}
    floors = [
        {floor_of[room] for room in re.findall(r"(\w+)(?:/|\.py)", text.replace("from read/", "")) if room in floor_of}
        for text in drawing().split("├")
    ]
    # the ground floor of the drawing holds the lowest layers
    assert [min(floor) for floor in floors] == list(range(len(floors)))
    assert [max(floor) for floor in floors[:-1]] == list(range(len(floors) - 1))


def test_the_inner_rooms_of_core_import_downwards_only():
    core = ROOT / "src" / "glompo" / "core"
    inner = re.findall(r"│   (\w+)/", drawing()[drawing().index("core/") :])
    assert sorted(inner) == sorted(path.parent.name for path in core.glob("*/__init__.py"))
    upwards = [
        f"{path.relative_to(core)} imports {other}"
        for place, room in enumerate(inner)
        for path in (core / room).glob("*.py")
        for other in re.findall(r"^\s*from glompo\.core\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if other in inner[:place]
    ]
    assert upwards == []


def test_the_page_on_how_it_works_shows_the_questions_of_a_decision_as_they_are():
    assert f"\n{order_of_questions()}\n" in (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")


def test_no_file_is_longer_than_a_reader_can_hold():
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "src").rglob("*.py")}
    assert {path.name: n for path, n in lengths.items() if n > 400} == {}
