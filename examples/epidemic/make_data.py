"""Make `cases.csv`: what an epidemic with known parameters would have shown, with noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from epidemic import model

from glompo.calibration import Data, Entry

HERE = Path(__file__).resolve().parent

TRUTH = {
    "contacts": 0.62, "latency": 3.4, "duration": 5.2, "measure": 0.38, "reported": 0.31, "first": 24.0,
    "hospital": 0.021,
}  # fmt: skip
"""The parameters behind the data."""


def main() -> None:
    """Write the table."""
    rng = np.random.default_rng(20)
    fitted, later = np.arange(3.0, 91.0), np.arange(91.0, 121.0)
    days = {"cases": np.concatenate([fitted, later]), "patients": np.concatenate([fitted[::3], later[::3]])}
    truth = model(TRUTH, days)
    entries = []
    for name, places in days.items():
        for day, value in zip(places, truth[name], strict=True):
            sigma = max(3.0, round(0.08 * float(value), 1))
            seen = max(0.0, round(float(value + sigma * rng.standard_normal()), 1))
            split = "training" if day < 91.0 else "validation"
            entries.append(Entry(name, seen, sigma, float(day), name, split, "people"))
    header = ["made by make_data.py; days 91 to 120 are for validation"]
    (HERE / "cases.csv").write_text(Data(entries).to_csv(header), encoding="utf-8")


if __name__ == "__main__":
    main()
