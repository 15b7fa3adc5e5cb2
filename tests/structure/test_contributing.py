"""The recipes in CONTRIBUTING.md and the walks in how-it-works.md name files that exist, and what stands in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "glompo"
HOUSE = ROOT / "docs" / "how-it-works.md"


def test_every_path_in_the_recipes_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|tests|docs)/[\w./-]+|[A-Z]+\.md)`|\]\((docs/[\w./-]+)\)", text)
    paths = [quoted or linked for quoted, linked in named]
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(("page", "least"), [("docs/how-it-works.md", 40), ("CONTRIBUTING.md", 10)])
def test_every_file_of_the_package_that_a_page_names_exists(page, least):
    paths = re.findall(r"`([\w./-]+\.py)`", (ROOT / page).read_text(encoding="utf-8"))
    assert len(paths) >= least
    missing = [path for path in paths if not (PACKAGE / path).exists() and not (ROOT / path).exists()]
    assert missing == []


def test_each_station_of_a_walk_names_what_stands_in_its_file():
    _, _, walks = HOUSE.read_text(encoding="utf-8").partition("## A walk through the house")
    stations = re.findall(r"^\d+\. `([\w/]+\.py)`:((?:.|\n(?=  ))+)", walks, re.MULTILINE)
    assert len(stations) > 40
    absent = []
    for path, sentence in stations:
        name = re.search(r"`(?:policies\.)?(\w+)`", sentence)
        assert name is not None, f"{path}: its sentence names nothing that stands there"
        if not re.search(rf"\b{name[1]}\b", (PACKAGE / path).read_text(encoding="utf-8")):
            absent.append((path, name[1]))
    assert absent == []
