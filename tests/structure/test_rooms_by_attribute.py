"""The public rooms are attributes of the package, and cost nothing before they are asked for."""

import subprocess
import sys

import pytest

import glompo


@pytest.mark.parametrize("room", glompo._ROOMS)
def test_a_room_is_an_attribute_without_an_import(room):
    script = f"import glompo; assert glompo.{room}.__name__ == 'glompo.{room}'"
    subprocess.run([sys.executable, "-c", script], check=True) if room == "optimizers" else exec(script)
    assert room in dir(glompo)


def test_importing_the_package_loads_no_room():
    script = "import sys, glompo; print(*sorted(name for name in sys.modules if name[:7] in ('glompo.', 'numpy')))"
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["glompo._version", "glompo.earlier_names"]
