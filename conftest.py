"""Runs the examples of the documentation, and those in docstrings, as tests.

``README.md`` and each page below ``docs`` is read from top to bottom, in one namespace and in a temporary directory
of its own:

* a ``python`` block is executed;
* a block with a title, as in ``toml title="fit.toml"``, is written to the file of that name;
* in a ``console`` block each line that begins with ``$ glompo``, or with ``$ python`` and a script, is carried out, and
  what follows it is compared with what the command printed (``...`` stands for anything). A command that fails must be
  followed by ``$ echo $?``.

In ``src/glompo`` the ``>>>`` examples of docstrings are executed.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.doctest import DocTestParser
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer
from sybil.sybil import SybilCollection
from tests import commands

# Where Python is told to write no compiled modules, as in many containers, each of some hundred processes that tests
# start would compile the whole library again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# On a busy machine anything may take any time, the generation of examples too.
settings.register_profile("any machine", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

TITLE = re.compile(r'\w+ title="(?P<title>[^"\n]+)"$\n', re.MULTILINE)
ALIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

_execute = PythonEvaluator()


def run_python(example: Example) -> None:
    """Execute a block; ``__page__`` is the text of the page."""
    example.namespace["__page__"] = example.document.text
    _execute(example)


def files(document: Document) -> Iterator[Region]:
    """Yield the blocks with a title."""
    for region in RawFencedCodeBlockLexer(TITLE)(document):
        region.parsed = region.lexemes
        region.evaluator = write_file
        yield region


def write_file(example: Example) -> None:
    """Write a block with a title to its file."""
    Path(example.parsed["title"]).write_text(example.parsed["source"], encoding="utf-8")


def run_commands(example: Example) -> str | None:
    """Carry out the commands of a console block; return how the page differs from what they print."""
    status = 0
    for command, expected in transcript(example.parsed):
        if command == "echo $?":
            printed, status = f"{status}\n", 0
        elif status:
            return f"the command before '$ {command}' failed with exit code {status}; show it with '$ echo $?'"
        else:
            printed, status = carried_out(command)
        if expected and not doctest.OutputChecker().check_output(expected, printed, ALIKE):
            return f"$ {command}\nexpected:\n{expected}\nprinted:\n{printed}"
    return f"the last command failed with exit code {status}:\n{printed}" if status else None


def transcript(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output that the page shows."""
    before, *rest = re.split(r"^\$ (.*)$\n?", text, flags=re.MULTILINE)
    if before.strip() or not rest:
        raise ValueError(f"a console block begins with a command, '$ glompo ...', not with {before!r}")
    return list(zip(rest[::2], rest[1::2], strict=True))


def carried_out(command: str) -> tuple[str, int]:
    """Return what a command prints and its exit code."""
    program, *arguments = shlex.split(command)
    if program not in ("glompo", "python"):
        raise ValueError(f"a page can run glompo and scripts, not {command!r}; use a block of another language for it")
    if program == "python":
        done = commands.script_carried_out(*arguments)
    else:
        done = commands.carried_out(*arguments, apart=False)
    return done.stdout, done.returncode


class _Places:
    """Gives each page a directory of its own while it runs."""

    def __init__(self) -> None:
        self._home = os.getcwd()
        self._directory: TemporaryDirectory[str] | None = None

    def enter(self, namespace: dict[str, Any]) -> None:
        namespace["__name__"] = "__main__"
        self._home = os.getcwd()
        self._directory = TemporaryDirectory(prefix="glompo-page-")
        os.chdir(self._directory.name)

    def leave(self, namespace: dict[str, Any]) -> None:
        os.chdir(self._home)
        if self._directory is not None:
            self._directory.cleanup()


_places = _Places()

pages = Sybil(
    parsers=[files, CodeBlockParser("python", run_python), CodeBlockParser("console", run_commands)],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=["*/README.md"],
    setup=_places.enter,
    teardown=_places.leave,
)
docstrings = Sybil(
    parsers=[DocTestParser(ALIKE)],
    patterns=["src/glompo/*.py", "src/glompo/*/*.py", "src/glompo/*/*/*.py"],
    setup=_places.enter,
    teardown=_places.leave,
)

pytest_collect_file = SybilCollection([pages, docstrings]).pytest()
