"""An optimizer is told of the run what is so."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from glompo import BaseOptimizer, MinimizeResult, minimize
from glompo.errors import SettingError


class Tells(BaseOptimizer):
    """Sends its `_backend` and its workers to its log."""

    def minimize(self, function, x0, bounds, **kwargs):
        function(x0)
        self.message_manager(9, f"{self._backend} {self.workers} {self.n_workers}")
        return MinimizeResult()

    def callstop(self, reason):
        """Nothing."""


def told(tmp_path, optimizer=Tells, **settings):
    from glompo.events import Noted
    from glompo.storage.reader import read_events

    minimize(abs_sum, [(-1, 1)], optimizers=optimizer, max_jobs=3, working_dir=tmp_path / "run", **settings)
    return next(event.text for event in read_events(tmp_path / "run") if isinstance(event, Noted)).split()


def abs_sum(x):
    return float(abs(x).sum())


@pytest.mark.parametrize(
    ("settings", "backend"),
    [
        ({}, "threads"),
        ({"backend": "processes"}, "processes"),
        ({"evaluator": "pool"}, "processes"),
        ({"evaluator": ThreadPoolExecutor(1)}, "threads"),
    ],
    ids=str,
)
def test_where_it_works(tmp_path, settings, backend):
    assert told(tmp_path, **settings)[0] == backend


@pytest.mark.parametrize("name", ["workers", "n_workers", "_workers"])
def test_the_number_of_workers_by_each_of_its_names(tmp_path, name):
    assert told(tmp_path, (Tells, {name: 2}))[1:] == ["2", "2"]
    assert Tells(**{name: 2}).n_workers == 2


def test_two_numbers_of_workers_are_refused(tmp_path):
    with pytest.raises(SettingError, match="names of one setting; give workers alone"):
        told(tmp_path, (Tells, {"workers": 2, "n_workers": 3}))
