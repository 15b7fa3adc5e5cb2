"""The recipes in CONTRIBUTING.md name files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_path_in_the_recipes_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|tests|docs)/[\w./-]+|[A-Z]+\.md)`|\]\((docs/[\w./-]+)\)", text)
    paths = [quoted or linked for quoted, linked in named]
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
