"""What all contracts have in common: checks that pytest runs, and that can be called without it.

A contract is a class whose methods ``test_...(self, <subject>)`` each check one promise. It names its subject in
:attr:`Contract.subject`, which is the name of the argument too. With pytest, subclass it and say what is checked, as
a class attribute or as a fixture of that name::

    class TestSwarm(OptimizerContract):
        optimizer = Swarm(size=10)

    class TestSwarms(OptimizerContract):
        @pytest.fixture(params=[Swarm, Shoal])
        def optimizer(self, request):
            return request.param

Without pytest, call the methods::

    for name in OptimizerContract.checks():
        getattr(OptimizerContract(), name)(Swarm(size=10))

A broken promise raises AssertionError, whose message says what was wrong; what does not apply raises
:class:`unittest.SkipTest`, which pytest knows as well. Assertions are raised, not asserted: ``python -O`` changes
nothing.
"""

from __future__ import annotations

import inspect
import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import numpy as np

from glompo.backends.simulated import DeadlockError
from glompo.testing.timeout import within

PREFIX = "test_"

T = TypeVar("T")


class Contract:
    """Base class of the contracts.

    Attributes
    ----------
    subject : str
        Name of what is checked.
    knobs : tuple of str
        Class attributes that a subclass may set to adapt the checks.
    patience : float
        Seconds that one step of a check may take.
    """

    subject: ClassVar[str]
    knobs: ClassVar[tuple[str, ...]] = ("patience",)
    patience: ClassVar[float] = 60.0

    @classmethod
    def checks(cls) -> dict[str, str]:
        """Return the names of the methods that check something, and what each promises, in the order of the text."""
        found: dict[str, str] = {}
        for one in reversed(cls.__mro__):
            for name in vars(one):
                if name.startswith(PREFIX):
                    found[name] = name.removeprefix(PREFIX).replace("_", " ")
        return found

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Hand the class attribute to the checks; pytest calls this. A fixture of the same name does it by itself."""
        given = getattr(self, self.subject, None)
        if self.subject in metafunc.fixturenames and given is not None and not _is_fixture(given):
            metafunc.parametrize(self.subject, [given], ids=[name_of(given)])

    def soon(self, act: Callable[[], T]) -> T:
        """Return what `act` returns; AssertionError if it exceeds :attr:`patience` or comes to a standstill."""
        try:
            return within(self.patience, act)
        except DeadlockError as error:
            raise AssertionError(
                "the run came to a standstill: no living optimizer gets an evaluation, and none starts"
            ) from error


def demand(kept: object, complaint: str) -> None:
    """Raise AssertionError with the complaint unless the promise was kept."""
    if not kept:
        raise AssertionError(complaint)


def name_of(given: Any) -> str:
    """Return a name for what is checked: a class, an instance, or a tuple that begins with a class."""
    given = given[0] if isinstance(given, tuple) and given else given
    cls = given if inspect.isclass(given) else type(given)
    return cls.__name__


def reason(error: BaseException) -> str:
    """Return type, text and origin of an error in one line; the origin is where it was caused, if that is known."""
    last = traceback.extract_tb((error.__cause__ or error).__traceback__)[-1:]
    where = f" ({last[0].filename}, line {last[0].lineno})" if last else ""
    return f"{type(error).__name__}: {error}{where}"


@contextmanager
def global_random_state(seed: int) -> Iterator[None]:
    """Seed the random states that all code of the process shares, and put them back afterwards."""
    ours, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002  # it is what is under test
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)  # noqa: NPY002


def global_draws() -> tuple[float, float]:
    """Return the next number of each random state that all code of the process shares."""
    return random.random(), float(np.random.random())  # noqa: NPY002


def _is_fixture(given: Any) -> bool:
    return inspect.isroutine(given) or type(given).__module__.startswith("_pytest")
