"""Calibrations: a task that is made of two tables, parameters and data, and of a model.

>>> from glompo.calibration import Calibration, Data, Parameters
"""

from __future__ import annotations

from glompo.calibration.data import Data, Entry
from glompo.calibration.parameters import Parameter, Parameters, Prior
from glompo.calibration.report import Report
from glompo.calibration.task import Calibration

__all__ = ["Calibration", "Data", "Entry", "Parameter", "Parameters", "Prior", "Report"]
