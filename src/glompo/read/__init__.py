"""Projections of a run, alive or dead: results, rows, columns, summaries. Nothing here changes a run."""

from glompo.core.views.run_view import RunView
from glompo.read.dataframe import to_dataframe
from glompo.read.decisions import decisions, to_decisions
from glompo.read.difference import Difference, WhatIf
from glompo.read.export import EvaluationRow, rows, to_csv
from glompo.read.formats import write_evaluations
from glompo.read.hdf5 import to_hdf5
from glompo.read.history import BestSoFar, Follower, History, RunColumns, load
from glompo.read.minima import Minima, Minimum
from glompo.read.optimizer_row import OptimizerRow, optimizer_rows, row_of
from glompo.read.optuna_study import to_optuna
from glompo.read.parquet import to_parquet
from glompo.read.recording import Recording
from glompo.read.regime_row import RegimeRow
from glompo.read.resource_row import ResourceRow
from glompo.read.result import Result, result_of
from glompo.read.run_status import RunStatus
from glompo.read.summary import Summary, summarize
from glompo.read.summary_file import write_summary
from glompo.storage.files import atomic_write

__all__ = [
    "BestSoFar",
    "Difference",
    "EvaluationRow",
    "Follower",
    "History",
    "Minima",
    "Minimum",
    "OptimizerRow",
    "Recording",
    "RegimeRow",
    "ResourceRow",
    "Result",
    "RunColumns",
    "RunStatus",
    "RunView",
    "Summary",
    "WhatIf",
    "atomic_write",
    "decisions",
    "load",
    "optimizer_rows",
    "result_of",
    "row_of",
    "rows",
    "summarize",
    "to_csv",
    "to_dataframe",
    "to_decisions",
    "to_hdf5",
    "to_optuna",
    "to_parquet",
    "write_evaluations",
    "write_summary",
]
