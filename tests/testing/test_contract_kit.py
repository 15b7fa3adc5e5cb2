"""How contracts are run: by pytest over class attributes and fixtures, and without pytest at all."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from unittest import SkipTest

import pytest

import glompo.testing
from glompo.testing import Contract, OptimizerContract
from glompo.testing.contracts.base import reason
from glompo.testing.timeout import within


class Parity(Contract):
    """A small contract."""

    subject = "number"
    knobs = (*Contract.knobs, "largest")
    number = None
    largest = 10

    def test_it_is_even(self, number):
        if number % 2:
            raise AssertionError(f"{number} is odd")

    def test_it_is_small(self, number):
        if number > self.largest:
            raise SkipTest("large numbers are not looked at")


class Positive(Parity):
    def test_it_is_positive(self, number):
        if number <= 0:
            raise AssertionError(f"{number} is not positive")


USE = """
import pytest
from {home} import Parity


class TestFour(Parity):
    number = 4


class TestFive(Parity):
    number = 5
    largest = 3


class TestSeveral(Parity):
    @pytest.fixture(params=[6, 8])
    def number(self, request):
        return request.param


@pytest.mark.parametrize("number", [10, 12, 13])
class TestMarked(Parity):
    pass
"""


def test_checks_come_in_the_order_of_the_text_those_of_the_base_first():
    assert Positive.checks() == {
        "test_it_is_even": "it is even",
        "test_it_is_small": "it is small",
        "test_it_is_positive": "it is positive",
    }


def test_they_are_plain_methods():
    Parity().test_it_is_even(2)
    with pytest.raises(AssertionError, match="3 is odd"):
        Parity().test_it_is_even(3)


def test_pytest_takes_class_attributes_fixtures_and_marks(tmp_path):
    (tmp_path / "parity.py").write_text(
        "from unittest import SkipTest\nfrom glompo.testing import Contract\n\n\n" + inspect.getsource(Parity),
        encoding="utf-8",
    )
    (tmp_path / "test_parity.py").write_text(USE.format(home="parity"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-W", "error", "test_parity.py"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False).stdout
    assert "TestFour::test_it_is_even[int] PASSED" in printed
    assert "TestFive::test_it_is_even[int] FAILED" in printed
    assert "TestFive::test_it_is_small[int] SKIPPED" in printed
    assert "TestSeveral::test_it_is_even[6] PASSED" in printed
    assert "TestMarked::test_it_is_even[13] FAILED" in printed
    assert "2 failed, 9 passed, 3 skipped" in printed


def test_the_kit_needs_no_pytest_and_no_assert_statement():
    program = """
import sys
for name in ("pytest", "_pytest", "hypothesis"):
    sys.modules[name] = None  # importing it fails
from glompo.optimizers import RandomSampling
from glompo.testing import OptimizerContract, StopperContract

class Standing(RandomSampling):
    def minimize(self, function, x0, bounds):
        function(x0)
        return self.ended("enough")

OptimizerContract().test_it_improves_on_its_start(RandomSampling)
try:
    OptimizerContract().test_it_improves_on_its_start(Standing)
except AssertionError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-O", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.stderr == ""
    assert "it came from 0.9125 at x0 to 0.9125 in 1 evaluations" in done.stdout


def test_everything_that_the_room_names_is_there():
    for name in glompo.testing.__all__:
        assert getattr(glompo.testing, name).__doc__


def test_every_check_says_what_it_promises():
    for method in OptimizerContract.checks():
        assert getattr(OptimizerContract, method).__doc__


def test_what_ends_in_time_is_returned_or_raised():
    assert within(10, lambda: 5) == 5
    with pytest.raises(KeyError):
        within(10, lambda: {}["x"])


def test_an_error_is_told_with_its_place():
    with pytest.raises(ZeroDivisionError) as caught:
        within(10, lambda: 1 / 0)
    assert reason(caught.value).startswith("ZeroDivisionError: division by zero (")
    assert __file__ in reason(caught.value)
