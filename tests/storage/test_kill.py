"""A real writer killed at an arbitrary moment: whatever it had appended is there, and another one goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from glompo.events import Granted
from glompo.storage.journal import Journal
from glompo.storage.reader import JournalFollower

from .journals import paths, read

WRITER = """
import itertools, sys
from pathlib import Path
from glompo.events import Granted
from glompo.storage.journal import Journal
with Journal.open(Path(sys.argv[1]), segment_bytes=4000) as journal:
    for n in itertools.count(int(sys.argv[2])):
        journal.append([Granted(0.0, 1, n), Granted(0.0, 2, n)])
        print(n, flush=True)
"""


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.chaos)])
def test_a_killed_writer_loses_nothing_that_it_had_appended(tmp_path, kills):
    Journal.create(tmp_path).close()
    follower = JournalFollower(tmp_path)
    begun = 0
    followed = []
    for turn in range(kills):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(begun)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, pipesize=4096, text=True) as writer:
            for _ in range(100 + 37 * turn % 100):
                said = int(writer.stdout.readline())
                followed += follower.poll()
            writer.kill()
            said = max([said, *map(int, writer.stdout.read().split("\n")[:-1])])
        followed += follower.poll()
        assert len(followed) % 2 == 0  # a batch is there as a whole or not at all
        begun = len(followed) // 2
        assert said + 1 <= begun <= said + 2  # the last one may have been appended and not yet announced
    assert followed == [Granted(0.0, opt, n) for n in range(begun) for opt in (1, 2)]
    assert read(tmp_path) == followed
    assert len(paths(tmp_path)) > 3
