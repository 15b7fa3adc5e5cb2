"""The pages of the nine jobs: their numbers of lines, their types, and the notebook."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
SCRIPT = re.compile(r'^```\w+ title="(?P<name>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
LIBRARIES = ("glompo", "optuna", "scipy")
CACHE = ("--cache-dir", str(ROOT / ".mypy_cache" / "planted"))
"""Kept between runs, and shared with the test of typed settings: without it the whole library is analysed again."""


def scripts(page: Path) -> dict[str, str]:
    return {found["name"]: found["text"] for found in SCRIPT.finditer(page.read_text())}


def library(name: str) -> str:
    """Return the end of a script's name, which says for which library it is; 'model.py' is for none of them."""
    return Path(name).stem.rpartition("_")[2]


def counted(page: Path) -> list[str]:
    """Return the numbers of lines that are neither empty nor comments, by library."""
    lines = dict.fromkeys(LIBRARIES, 0)
    for name, text in scripts(page).items():
        if library(name) in lines:
            lines[library(name)] += sum(bool(line.strip()) and line.lstrip()[0] != "#" for line in text.splitlines())
    return [str(n) if n else "-" for n in lines.values()]


JOBS = [page for page in PAGES if page.stem != "index"]


def test_there_are_nine_jobs_and_each_is_in_the_table_and_in_the_contents():
    assert len(JOBS) == 9
    table, contents = (PAGES[0].parent / "index.md").read_text(), (ROOT / "mkdocs.yml").read_text()
    for page in JOBS:
        title = page.read_text().partition("\n")[0].partition(". ")[2]
        assert f"| [{title}]({page.name}) | {' | '.join(counted(page))} |" in table
        assert f"tutorial/{page.name}" in contents


@pytest.mark.parametrize("page", JOBS, ids=lambda page: page.stem)
def test_the_numbers_of_lines_are_those_of_the_scripts_on_the_page(page):
    assert page.read_text().rstrip().endswith(f"| {' | '.join(counted(page))} |")


PLANTED = {
    "max_evaluations=300": "max_evaluation=300",
    'scaler="log"': "scaler=10",
    "max_jobs=4": "max_jobs='4'",
    "x0_generator=SobolGenerator()": "x0_generators=SobolGenerator()",
    "progress=False": "progresss=False",
    'yunit="kJ/mol"': "yunit=3",
    "best_only=True": "best_onyl=True",
}


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy comes with the extra 'dev'")
def test_a_type_checker_accepts_the_scripts_and_finds_each_wrong_setting_in_them(tmp_path):
    wrong: dict[str, str] = {}
    for page in JOBS:
        own = {name: text for name, text in scripts(page).items() if library(name) not in LIBRARIES[1:]}
        if not any(name.endswith("_glompo.py") for name in own):
            continue
        for name, text in own.items():
            if name.endswith(".py"):
                assert not (tmp_path / name).exists(), f"two pages have a script {name}"
                (tmp_path / name).write_text(text)
        for k, (right, planted) in enumerate(PLANTED.items()):
            for name in own:
                if right in own[name] and name.endswith("_glompo.py"):
                    wrong[f"wrong_{k}_{name}"] = right
                    (tmp_path / f"wrong_{k}_{name}").write_text(own[name].replace(right, planted, 1))
    assert set(wrong.values()) == set(PLANTED)
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", *CACHE, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    found = {line.partition(":")[0] for line in done.stdout.splitlines() if ": error: " in line}
    assert found == set(wrong), done.stdout
