"""Any order of appends, refusals, commits, crashes and reopenings against a list in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from glompo.errors import StoreError
from glompo.storage.journal import Journal
from glompo.storage.reader import JournalFollower
from glompo.storage.segments import Position, segment_path

from .journals import FaultyDisk, paths, read
from .strategies import batches

SETTINGS = {"durability": "none", "segment_bytes": 400}


class JournalMachine(RuleBasedStateMachine):
    """The model is a list of batches and the position after each."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.run_dir = Path(self.folder.name)
        self.disk = FaultyDisk()
        self.journal = Journal.create(self.run_dir, disk=self.disk, **SETTINGS)
        self.batches = []
        self.ends = []
        self.follower = JournalFollower(self.run_dir)
        self.followed = []

    @property
    def events(self):
        return [event for batch in self.batches for event in batch]

    @rule(batch=batches)
    def append(self, batch):
        self.journal.append(batch)
        self.batches.append(batch)
        self.ends.append(self.journal.position)

    @rule(batch=batches, room=st.integers(0, 25), refuses_cut=st.booleans())
    def append_to_a_full_disk(self, batch, room, refuses_cut):
        """Less room than for the shortest record."""
        self.disk.room, self.disk.refuses_cut = room, refuses_cut
        with pytest.raises(StoreError, match=r"No space left|Input/output error"):
            self.journal.append(batch)
        self.disk.room, self.disk.refuses_cut = None, False

    @rule()
    def commit(self):
        self.journal.commit()

    @rule()
    def follow(self):
        self.followed += self.follower.poll()
        assert self.followed == self.events

    @rule()
    def reopen(self):
        self.journal.close()
        self.journal = Journal.open(self.run_dir, disk=self.disk, **SETTINGS)
        assert self.journal.dropped_bytes == 0

    @rule(share=st.floats(0, 1), garbage=st.binary(max_size=30))
    def crash(self, share, garbage):
        """Cut the last segment behind what a follower has seen, put garbage there, start again."""
        self.journal.close()
        path = paths(self.run_dir)[-1]
        number, data = len(paths(self.run_dir)), path.read_bytes()
        seen = self.follower.position
        least = seen.offset if seen.segment == number else 0
        cut = least + round(share * (len(data) - least))
        left = data[:cut] + (garbage if cut >= 20 else b"")  # garbage in place of a header is damage, not a tail
        path.write_bytes(left)
        kept = sum(end <= Position(number, cut) for end in self.ends)
        del self.batches[kept:], self.ends[kept:]
        assert read(self.run_dir) == self.events
        boundary = max([0 if cut < 20 else 20, *(end.offset for end in self.ends if end.segment == number)])
        self.journal = Journal.open(self.run_dir, disk=self.disk, **SETTINGS)
        assert self.journal.dropped_bytes == len(left) - boundary

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def read_from_a_position(self, data):
        done = data.draw(st.integers(1, len(self.ends)))
        follower = JournalFollower(self.run_dir, self.ends[done - 1])
        assert follower.poll() == [event for batch in self.batches[done:] for event in batch]

    @invariant()
    def reading_gives_what_was_appended(self):
        assert read(self.run_dir) == self.events

    @invariant()
    def the_position_is_the_end_of_its_file(self):
        position = self.journal.position
        assert self.ends[-1:] <= [position]
        assert segment_path(self.run_dir, position.segment).stat().st_size >= position.offset

    def teardown(self):
        self.journal.close()
        self.folder.cleanup()


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=60, stateful_step_count=25)
