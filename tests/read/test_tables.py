"""Evaluations as a data frame and as files: the same rows, whatever the format."""

from __future__ import annotations

import math
import sys

import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest

from glompo.errors import UserError
from glompo.read import load, parquet, rows, to_csv, to_dataframe, to_hdf5, to_parquet, write_evaluations
from glompo.testing.histories import history

from .runs import detailed, mixed, record

HEADS = ["optimizer", "label", "count", "order", "time", "status", "reason", "scratch", "value"]


def with_extras():
    """Return a run whose extras are of every kind, some of them missing."""
    run = history(bounds=[(0, 1)])
    run.start()
    first = (True, 3, 0.5, np.array([1.0, 2.0]), [[1.0, 2.0], [3.0, 4.0]], "text", {"a": [1]}, [1.0])
    detailed(run, 1, [1.0, 2.0], (first, (False, 4, 2, [3, 4, 5], [[0, 0], [0, 0]], "", None, "mixed")))
    run.start()
    detailed(run, 2, [3.0], ())
    return run


NAMES = ["yes", "whole", "real", "time", "table", "said", "more", "odd"]


def test_a_data_frame_has_the_rows_of_the_run_and_a_column_for_each_parameter(tmp_path):
    record(tmp_path, mixed(), names=["bond", "time"])
    frame = to_dataframe(tmp_path)
    assert list(frame.columns) == [*HEADS, "bond", "parameter:time"]
    expected = list(rows(tmp_path))
    assert frame["order"].tolist() == [row.order for row in expected]
    assert [frame[name].tolist() for name in ("optimizer", "count", "status", "time")] == [
        [row.opt for row in expected], [row.count for row in expected], [row.status for row in expected],
        [row.time for row in expected],
    ]  # fmt: skip
    np.testing.assert_array_equal(frame["value"], [row.value for row in expected])
    np.testing.assert_array_equal(frame[["bond", "parameter:time"]], [row.x for row in expected])


def test_a_result_and_what_load_returns_give_the_same_data_frame(tmp_path):
    run_dir = record(tmp_path, mixed())
    pandas.testing.assert_frame_equal(load(run_dir).to_dataframe(), to_dataframe(run_dir))
    pandas.testing.assert_frame_equal(load(run_dir).result.to_dataframe(), to_dataframe(run_dir))


def test_extras_are_columns_with_arrays_unfolded(tmp_path):
    frame = to_dataframe(record(tmp_path, with_extras(), headers=NAMES))
    unfolded = ["extra:time[0]", "extra:time[1]", "extra:time[2]"]
    table = ["table[0,0]", "table[0,1]", "table[1,0]", "table[1,1]"]
    assert list(frame.columns) == [*HEADS, "x0", "yes", "whole", "real", *unfolded, *table, "said", "more", "odd"]
    assert frame["yes"].tolist() == [True, False, None]
    np.testing.assert_array_equal(frame[["whole", "real", *unfolded]], [
        [3, 0.5, 1, 2, math.nan], [4, 2, 3, 4, 5], [math.nan] * 5,
    ])  # fmt: skip
    np.testing.assert_array_equal(frame[table], [[1, 2, 3, 4], [0] * 4, [math.nan] * 4])
    assert frame["more"].tolist() == [{"a": [1]}, None, None]
    assert [*map(repr, frame["odd"])] == ["(1.0,)", "'mixed'", "None"]


def test_a_column_without_gaps_keeps_its_type(tmp_path):
    run = history()
    run.start()
    detailed(run, 1, [1.0, 2.0], ((True, 3, 2**63), (False, 4, 1)))
    kinds = to_dataframe(record(tmp_path, run)).dtypes.astype(str)
    assert kinds[["extra0", "extra1", "extra2"]].tolist() == ["bool", "int64", "float64"]


def test_a_run_without_evaluations_is_a_table_without_rows(tmp_path):
    run_dir = record(tmp_path / "run", history(bounds=[(0, 1)] * 2))
    assert list(to_dataframe(run_dir).columns) == [*HEADS, "x0", "x1"]
    assert len(to_dataframe(run_dir)) == 0
    assert pq.read_table(to_parquet(run_dir, tmp_path / "a.parquet")).num_rows == 0


def test_parquet_keeps_types_and_arrays_as_lists(tmp_path):
    run_dir = record(tmp_path / "run", with_extras(), headers=NAMES)
    table = pq.read_table(to_parquet(run_dir, tmp_path / "deep" / "run.parquet"))
    assert table.column_names == [*HEADS, "x0", *NAMES[:3], "extra:time", *NAMES[4:]]
    assert [str(table.schema.field(name).type) for name in ("order", "status", "yes", "whole", "real")] == [
        "int64", "string", "bool", "int64", "double",
    ]  # fmt: skip
    row = table.to_pylist()
    assert [one["extra:time"] for one in row] == [[1.0, 2.0], [3.0, 4.0, 5.0], None]
    assert row[0]["table"] == [[1.0, 2.0], [3.0, 4.0]]
    assert [one["more"] for one in row] == ['{"a": [1]}', None, None]
    assert [one["said"] for one in row] == ["text", "", None]
    assert [one["odd"] for one in row] == ["[1.0]", "mixed", None]


def test_parquet_is_written_group_by_group(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP", 4)
    run_dir = record(tmp_path / "run", mixed())
    path = to_parquet(run_dir, tmp_path / "run.parquet")
    file = pq.ParquetFile(path)
    assert file.num_row_groups == 2
    read = file.read().to_pandas()
    np.testing.assert_array_equal(read["value"], to_dataframe(run_dir)["value"])


def test_the_ending_of_the_name_says_the_format(tmp_path):
    run_dir = record(tmp_path / "run", mixed())
    begins = {
        "a.csv": b"optimizer,",
        "b.CSV": b"optimizer,",
        "c.parquet": b"PAR1",
        "d.h5": b"\x89HDF",
        "e.hdf5": b"\x89HDF",
    }
    for name, begin in begins.items():
        assert write_evaluations(run_dir, tmp_path / name).read_bytes().startswith(begin)


@pytest.mark.parametrize("name", ["run.xlsx", "run", "run.csv.gz", ".parquet"])
def test_an_ending_that_stands_for_no_format_is_refused_before_anything_is_written(tmp_path, name):
    run_dir = record(tmp_path / "run", mixed())
    with pytest.raises(UserError, match=r"has no ending of a format that can be written; use one of \.csv \(CSV\), "):
        write_evaluations(run_dir, tmp_path / name)
    assert list(tmp_path.iterdir()) == [run_dir]


@pytest.mark.parametrize(
    ("writer", "name"),
    [(to_csv, "run.parquet"), (to_csv, "run.h5"), (to_parquet, "run.csv"), (to_hdf5, "run.parquet")],
)
def test_no_format_is_written_under_the_name_of_another(tmp_path, writer, name):
    run_dir = record(tmp_path / "run", mixed())
    with pytest.raises(UserError, match=f"{name} is the name of a file in"):
        writer(run_dir, tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("package", "extra", "name"),
    [("pyarrow", "parquet", "run.parquet"), ("h5py", "hdf5", "run.h5")],
)
def test_a_missing_package_is_named_with_the_remedy_and_nothing_is_written(tmp_path, monkeypatch, package, extra, name):
    run_dir = record(tmp_path / "run", mixed())
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"{package}, which cannot be imported .*; .*pip install 'glompo\[{extra}\]'"):
        write_evaluations(run_dir, tmp_path / name)
    assert list(tmp_path.iterdir()) == [run_dir]


def test_without_pandas_a_data_frame_names_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UserError, match=r"pip install 'glompo\[pandas\]'"):
        load(record(tmp_path, mixed())).to_dataframe()


def test_hdf5_keeps_numbers_of_which_some_are_missing(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = to_hdf5(record(tmp_path / "run", with_extras(), headers=NAMES), tmp_path / "run.h5")
    with h5py.File(path) as file:
        first, second = (file[f"optimizer_{opt}/evaluations"] for opt in (1, 2))
        assert first["whole"].tolist() == [3.0, 4.0]
        assert math.isnan(second["whole"][0])
        assert first["table"].shape == (2, 2, 2)
        assert second["said"].tolist() == [b""]


def test_many_blocks_of_evaluations_are_written_into_hdf5_on_the_way(tmp_path):
    h5py = pytest.importorskip("h5py")
    run, rng = history(), np.random.default_rng(1)
    opts = [run.start(), run.start()]
    values = {opt: [] for opt in opts}
    for n in range(9):
        opt = opts[n % 2]
        batch = rng.random(1000)
        run.evaluate(opt, batch)
        values[opt].extend(batch)
    with h5py.File(to_hdf5(record(tmp_path / "run", run), tmp_path / "run.h5")) as file:
        for opt in opts:
            rows = file[f"optimizer_{opt}"]["evaluations"]
            assert rows["fx"].tolist() == values[opt]
            assert (np.diff(rows["call_id"]) > 0).all()
