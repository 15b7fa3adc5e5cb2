"""Whatever lies in a run directory: it is read, or refused with its name. Nothing hangs, and nothing else is raised."""

import io
import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glompo
from glompo.cli.inspection import status_json, status_text
from glompo.errors import GlompoError, StoreError
from glompo.read import Follower, load, rows, summarize
from glompo.read.export import write_csv
from glompo.storage.framing import HEADER_SIZE, frame, frames, header
from glompo.storage.segments import segment_path
from glompo.wire.codec import ARRAY

HISTORIES = sorted(Path(__file__).parents[1].joinpath("histories").glob("*.journal"))


def records_of(path):
    """Return the records of a journal file as plain lists."""
    return [msgspec.msgpack.decode(bytes(one.payload)) for one in frames(path.read_bytes(), HEADER_SIZE)]


RECORDS = {path.stem: records_of(path) for path in HISTORIES}


def written(run_dir, records):
    segment = segment_path(run_dir, 1)
    segment.parent.mkdir(parents=True, exist_ok=True)
    segment.write_bytes(header(1) + b"".join(frame(msgspec.msgpack.encode(one), 1) for one in records))
    return run_dir


def read_in_every_way(run_dir):
    """Read a run in every way there is; what cannot be read must say so as an error of ours."""
    for way in (
        lambda: str(load(run_dir).result),
        lambda: load(run_dir).best_so_far(),
        lambda: list(rows(run_dir)),
        lambda: write_csv(run_dir, io.StringIO()),
        lambda: (status_text(run_dir), status_json(run_dir)),
        lambda: summarize(Follower(run_dir).poll()),
    ):
        with suppress(GlompoError):
            way()


def array(dtype, shape, data=b""):
    name = dtype.encode()
    head = bytes([len(name), len(shape)]) + b"".join(n.to_bytes(8, "little", signed=True) for n in shape)
    return msgspec.msgpack.Ext(ARRAY, head + name + data)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 7, 2**31, 2**53, 2**63 - 1, 2**64 - 1, -(2**63)]),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), -1.0, 0.5, 1e308]),
    st.sampled_from(["", "x", "\x1b[2J", "stopper", "died", "paused"]),
    st.sampled_from([[], [1], ["a", 1], {}, {"a": None}, {"names": 3, "max_evaluations": "many", "headers": 5}]),
    st.sampled_from(
        [
            array("|V0", [2**40]),
            array("|O", [1], b"12345678"),
            array("<f8", [2**62, 4]),
            array("<f8", [-1, -8], b"12345678"),
            array("<f8", [1], b"12345678"),
            array("<f8", [0, 2]),
            array("<U1", [2], b"12345678"),
            msgspec.msgpack.Ext(2, b"\xff" * 40 + b"\x01"),
            msgspec.msgpack.Ext(9, b""),
        ]
    ),
    st.sampled_from([nested(50), nested(400)]),
)


@st.composite
def forged(draw):
    """Return the records of a run with one value, or the order of the events, changed."""
    records = msgspec.msgpack.decode(msgspec.msgpack.encode(RECORDS[draw(st.sampled_from(sorted(RECORDS)))]))
    events = [event for record in records for event in record]
    for _ in range(draw(st.integers(1, 3))):
        event = draw(st.sampled_from(events))
        match draw(st.integers(0, 5)):
            case 0:
                records.append([draw(st.sampled_from(events))])
            case 1:
                event[0] = draw(st.sampled_from(events))[0]
            case 2:
                event[1] = event[1][: draw(st.integers(0, len(event[1])))] if isinstance(event[1], list) else event[1]
            case _ if isinstance(event[1], list) and event[1]:
                place = draw(st.integers(0, len(event[1]) - 1))
                if isinstance(event[1][place], dict) and event[1][place] and draw(st.booleans()):
                    event[1][place][draw(st.sampled_from(sorted(event[1][place])))] = draw(odd)
                else:
                    event[1][place] = draw(odd)
    return records


@settings(max_examples=100)
@given(records=forged())
def test_a_forged_record_with_the_right_checksum_is_read_or_refused(records, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("forged")
    try:
        read_in_every_way(written(run_dir, records))
    finally:
        shutil.rmtree(run_dir)


def test_what_is_refused_names_file_and_byte(tmp_path):
    records = records_of(HISTORIES[0])
    records[-1][-1][1][0] = "yesterday"
    with pytest.raises(StoreError, match=r"000001\.seg, in the record at byte \d+"):
        load(written(tmp_path, records))


DEEP = msgspec.Raw(b"\x91" * 100_000 + b"\xc0")
BATCHES = {"V0": array("|V0", [2**40, 2]), "long": array("<f8", [2**40, 2]), "deep": DEEP}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_arrays_without_bytes_and_endless_lists_are_refused_at_once(tmp_path, batch):
    records = records_of(HISTORIES[0])
    next(event for record in records for event in record if event[0] == "Evaluated")[1][3] = batch
    with pytest.raises(StoreError):
        load(written(tmp_path, records))


def pipe(path):
    os.mkfifo(path)


def link(target):
    return lambda path: path.symlink_to(target)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    run_dir = tmp_path_factory.mktemp("finished") / "run"
    glompo.minimize(lambda x: float(x @ x), [(-1, 1)], max_evaluations=5, max_jobs=1, rng=1, working_dir=run_dir)
    snapshots = run_dir / "snapshots"
    snapshots.mkdir(exist_ok=True)
    (snapshots / "000001-000000000020.snap").write_bytes(b"")
    return run_dir


@pytest.mark.parametrize(
    "put", [pipe, Path.mkdir, link("/dev/zero"), link("000001.seg")], ids=["pipe", "folder", "zeros", "loop"]
)
@pytest.mark.parametrize(
    "name", ["journal/000001.seg", "lease/000001", "snapshots/000001-000000000020.snap", "manifest.json"]
)
def test_nothing_but_a_regular_file_is_read(finished, tmp_path, put, name):
    run_dir = tmp_path / "run"
    shutil.copytree(finished, run_dir)
    (run_dir / name).unlink(missing_ok=True)
    put(run_dir / name)
    read_in_every_way(run_dir)
    with suppress(GlompoError):
        glompo.GloMPOManager.load_manager(run_dir, task=abs)


@pytest.mark.parametrize("put", [pipe, link("/dev/zero")], ids=["pipe", "zeros"])
def test_a_checkpoint_or_configuration_that_is_no_file_is_refused(tmp_path, put):
    from glompo.cli.config import read_config

    put(tmp_path / "file")
    with pytest.raises(GlompoError):
        status_text(tmp_path / "file")
    with pytest.raises(GlompoError, match="no regular file"):
        read_config(tmp_path / "file")


def test_whole_numbers_of_any_size_come_back():
    from glompo.events import Evaluated
    from glompo.storage.codec import MSGPACK, decode_events, encode_events

    one = np.zeros(1)
    small = (one.astype(np.uint8), one.astype(np.float32), one.astype(np.float32))
    batch = Evaluated(0.0, 1, 0, one[None], one, *small, ((2**64, -(2**200), {"n": 10**30}),))
    (back,) = decode_events(encode_events([batch]), MSGPACK)
    assert back.extras == batch.extras
