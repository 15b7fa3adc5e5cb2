from __future__ import annotations

import csv
import io
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.errors import CorruptJournalError, StoreError, UserError
from glompo.function import Status
from glompo.read import rows, to_csv
from glompo.read.export import write_csv
from glompo.storage.journal import Journal
from glompo.testing.histories import history

from .runs import detailed, mixed, record, segment


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_evaluation_is_one_row_in_the_order_of_the_run(tmp_path):
    run = history(bounds=[(0, 1)])
    run.start()
    run.start()
    run.evaluate(1, [5.0, np.nan])
    run.evaluate(2, [3.0])
    run.evaluate(1, [4.0])
    written = to_csv(record(tmp_path, run), tmp_path / "out.csv").read_text().splitlines()
    assert written == [
        "optimizer,label,count,order,time,status,reason,scratch,value,x0",
        "1,Optimizer,1,1,1.0,ok,,,5.0,0.5",
        "1,Optimizer,2,2,2.0,invalid,invalid by hand,,nan,0.5",
        "2,Optimizer,1,3,3.0,ok,,,3.0,0.5",
        "1,Optimizer,3,4,4.0,ok,,,4.0,0.5",
    ]


def test_rows_say_the_same(tmp_path):
    found = list(rows(record(tmp_path, mixed())))
    assert [(row.opt, row.count, row.order) for row in found] == [
        (1, 1, 1), (1, 2, 2), (2, 1, 3), (2, 2, 4), (2, 3, 5), (3, 1, 6), (4, 1, 7), (4, 2, 8), (4, 3, 9),
    ]  # fmt: skip
    assert found[7].x.tolist() == [0.1 + 0.2, 1 / 3]
    assert (found[7].time, found[7].status, found[7].value, found[7].extras) == (8.0, "ok", 0.1, ())


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_name(tmp_path, status):
    run = history()
    run.start()
    run.evaluate(1, [math.inf], status=status)
    (row,) = rows(record(tmp_path, run))
    assert row.status == status.name.lower()


@given(
    values=st.lists(st.floats(), min_size=1, max_size=4),
    point=st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)),
    seconds=st.floats(0.0, 1e6),
)
def test_reading_the_file_gives_the_same_floats_bit_for_bit(tmp_path_factory, values, point, seconds):
    folder = tmp_path_factory.mktemp("run")
    run = history(bounds=[(0, 1), (0, 1)])
    run.start()
    run.evaluate(1, values, X=[point] * len(values), seconds=seconds)
    read = table(to_csv(record(folder, run), folder / "out.csv"))
    path = run.view()[1].trajectory

    def bits(column: str) -> list[int]:
        return np.array([float(row[column]) for row in read]).view(np.int64).tolist()

    assert [math.isnan(float(row["value"])) for row in read] == [math.isnan(value) for value in values]
    numbers = [(float(row["value"]), value) for row, value in zip(read, values, strict=True) if not math.isnan(value)]
    assert all((math.copysign(1.0, a), a) == (math.copysign(1.0, b), b) for a, b in numbers)
    assert [bits("x0"), bits("x1")] == path.X.T.copy().view(np.int64).tolist()
    batch = run.events[-1]
    assert bits("time") == (batch.at - batch.ages.astype(float)).view(np.int64).tolist()
    assert [int(row["order"]) for row in read] == (path.order + 1).tolist()


def test_parameters_stand_under_their_names(tmp_path):
    record(tmp_path, mixed(), names=["bond, eq", 'the "k"'])
    read = table(to_csv(tmp_path, tmp_path / "out.csv"))
    assert [(row["bond, eq"], row['the "k"']) for row in read][7] == ("0.30000000000000004", "0.3333333333333333")


def test_further_values_of_detailed_calls_have_columns_in_their_order(tmp_path):
    run = history(bounds=[(0, 1)])
    run.start()
    detailed(run, 1, [1.0, 2.0], ((0.1, "text, more", None), (0.2, "", True)))
    detailed(run, 1, [3.0], ())
    detailed(run, 1, [4.0], ((1e-300, [1.5, 2.5], np.array([1.0, 2.0])),))
    read = table(to_csv(record(tmp_path, run), tmp_path / "out.csv"))
    assert [(row["extra0"], row["extra1"], row["extra2"]) for row in read] == [
        ("0.1", "text, more", ""),
        ("0.2", "", "True"),
        ("", "", ""),
        ("1e-300", "[1.5, 2.5]", "[1.0, 2.0]"),
    ]


def test_further_values_stand_under_their_headers(tmp_path):
    run = history(bounds=[(0, 1)])
    run.start()
    detailed(run, 1, [1.0], ((0.1, 0.2, 0.3),))
    read = table(to_csv(record(tmp_path, run, headers=["energy", "force"]), tmp_path / "out.csv"))
    assert [read[0][name] for name in ("energy", "force", "extra2")] == ["0.1", "0.2", "0.3"]


def test_the_evaluations_before_a_torn_tail_are_all_there(tmp_path):
    whole = list(rows(record(tmp_path / "whole", mixed())))
    torn = record(tmp_path / "torn", mixed())
    journal = segment(torn).read_bytes()
    for lost in (1, 3, 100, len(journal) * 2 // 3):
        segment(torn).write_bytes(journal[: len(journal) - lost])
        found = list(rows(torn))
        assert list(map(repr, found)) == list(map(repr, whole[: len(found)]))
        assert len(table(to_csv(torn, tmp_path / "out.csv"))) == len(found)
    assert len(found) < len(whole)


def test_damage_before_the_tail_is_reported_behind_the_rows_before_it(tmp_path):
    """So nothing is read into memory as a whole, and nothing behind damage is taken for the truth."""
    with Journal.create(tmp_path, durability="none", segment_bytes=400) as journal:
        for event in mixed().events:
            journal.append([event])
    segments = sorted((tmp_path / "journal").glob("*.seg"))
    assert len(segments) > 4
    damaged = bytearray(segments[-3].read_bytes())
    damaged[-1] ^= 1
    segments[-3].write_bytes(damaged)
    found = rows(tmp_path)
    assert [row.order for row in itertools.islice(found, 3)] == [1, 2, 3]
    with pytest.raises(CorruptJournalError, match=segments[-3].name):
        list(found)


def test_a_run_that_goes_on_while_it_is_written_down_is_shown_as_it_was_at_the_beginning(tmp_path, monkeypatch):
    run = history()
    run.start()
    run.evaluate(1, [1.0, 2.0])
    record(tmp_path, run)

    class Slow(io.StringIO):
        """Something is recorded while the first line is written."""

        def write(self, text: str) -> int:
            if not self.tell():
                seen = len(run.events)
                detailed(run, 1, [3.0], ((1.0, 2.0),))
                with Journal.open(tmp_path) as journal:
                    journal.append(run.events[seen:])
            return super().write(text)

    file = Slow()
    write_csv(tmp_path, file)
    assert file.getvalue().splitlines() == [
        "optimizer,label,count,order,time,status,reason,scratch,value,x0",
        "1,Optimizer,1,1,1.0,ok,,,1.0,0.5",
        "1,Optimizer,2,2,2.0,ok,,,2.0,0.5",
    ]
    assert len(list(rows(tmp_path))) == 3


def test_the_file_appears_when_it_is_complete(tmp_path, monkeypatch):
    run_dir = record(tmp_path / "run", mixed())
    target = tmp_path / "out" / "evaluations.csv"
    to_csv(run_dir, target)
    before = target.read_bytes()
    journal = segment(run_dir).read_bytes()
    middle = len(journal) // 2
    segment(run_dir).write_bytes(journal[:middle] + bytes([journal[middle] ^ 1]) + journal[middle + 1 :])
    with pytest.raises(CorruptJournalError):
        to_csv(run_dir, target)
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    record(tmp_path / "run", mixed())
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot write .*file.*; give another path"):
        to_csv(tmp_path / "run", tmp_path / "file" / "out.csv")


def test_a_directory_without_a_run_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        to_csv(tmp_path, tmp_path / "out.csv")
    with pytest.raises(UserError, match="holds no run"):
        rows(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_evaluations_gives_the_head_alone(tmp_path):
    path = to_csv(record(tmp_path, history(bounds=[(0, 1)] * 3)), tmp_path / "out.csv")
    assert path.read_text() == "optimizer,label,count,order,time,status,reason,scratch,value,x0,x1,x2\n"
