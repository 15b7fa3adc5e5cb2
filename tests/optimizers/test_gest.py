"""Generators of the gest-api standard, in both directions."""

import math

import numpy as np
import pytest

from glompo.errors import SettingError, SettingTypeError, WorkerError
from glompo.optimizers import CMAOptimizer, GestGenerator, GridSampling, RandomSampling, Scipy
from glompo.optimizers.as_generator import SteppedGenerator, as_generator
from glompo.problems import Rosenbrock

from .cases import GEST, run

gest_api = pytest.importorskip("gest_api", reason="gest-api is not installed")


def vocs(**more):
    from gest_api.vocs import VOCS

    return VOCS(**{"variables": {"a": [-5.0, 10.0], "b": [-5.0, 10.0]}, "objectives": {"loss": "MINIMIZE"}, **more})


def test_a_generator_is_told_its_values_by_id_and_finalised_at_the_end():
    ends = []
    ended = run(GEST(workers=2, options={"ends": ends}), Rosenbrock(2), 21, bounds=Rosenbrock(2).bounds)
    assert ended.view.calls == 21
    assert ended.view.now == 11
    assert ends == [21]


def test_one_that_cannot_suggest_just_as_many_is_asked_for_what_it_likes():
    class Triples(gest_api.Generator):
        def __init__(self, vocs):
            pass

        def _validate_vocs(self, vocs):
            pass

        def suggest(self, num_points):
            if num_points is not None:
                raise ValueError("three at a time")
            return [{"x0": 0.1 * i, "x1": 0.5} for i in range(3)]

    assert run(GestGenerator(Triples), Rosenbrock(2), 10, bounds=Rosenbrock(2).bounds).view.calls == 10


@pytest.mark.parametrize(("suggestion", "message"), [([], "suggested no point"), ([{"x0": 1.0}], "variable 'x1'")])
def test_a_faulty_generator_is_named(suggestion, message):
    class Faulty(gest_api.Generator):
        def __init__(self, vocs):
            pass

        def _validate_vocs(self, vocs):
            pass

        def suggest(self, num_points):
            return suggestion

    with pytest.raises(WorkerError, match=message):
        GestGenerator(Faulty).minimize(Rosenbrock(2), [0.5, 0.5], Rosenbrock(2).bounds)


@pytest.mark.parametrize(("objective", "sign"), [("MINIMIZE", 1.0), ("MAXIMIZE", -1.0)])
def test_an_optimizer_of_ours_is_driven_as_a_generator(objective, sign):
    optimizer = CMAOptimizer(workers=3)
    optimizer.rng = np.random.default_rng(2)
    generator = as_generator(optimizer, vocs(objectives={"loss": objective}, constants={"c": 7}))
    assert isinstance(generator, gest_api.Generator)
    problem, best, batches = Rosenbrock(2), math.inf, 0
    while batches < 80:
        points = generator.suggest()
        batches += 1
        assert all(point["c"] == 7 for point in points)
        best = min(best, *(problem([point["a"], point["b"]]) for point in points))
        told = [{**point, "loss": sign * problem([point["a"], point["b"]])} for point in points]
        generator.ingest(told[::-1])
    generator.finalize()
    assert best < 1e-2


def test_points_are_suggested_in_parts_and_never_ahead_of_the_values():
    generator = as_generator(GridSampling(2, workers=4), vocs())
    first, rest = generator.suggest(1), generator.suggest(3)
    assert [point["_id"] for point in first + rest] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="1 points are asked for, 0 are left"):
        generator.suggest(1)
    generator.ingest([{**point, "loss": math.nan} for point in rest])
    with pytest.raises(ValueError, match="_id 3 waits"):
        generator.ingest([{**rest[-1], "loss": 1.0}])
    generator.ingest([{**first[0], "loss": 1.0}])
    with pytest.raises(ValueError, match="is exhausted: all 4 points of the grid"):
        generator.suggest()


def test_it_starts_where_it_is_told_and_takes_points_of_others():
    generator = as_generator(RandomSampling(), vocs(), {"b": 3.0})
    assert generator.suggest() == [{"a": 2.5, "b": 3.0, "_id": 0}]
    generator.ingest([{"a": 1.0, "b": 1.0, "loss": 0.0}])
    with pytest.raises(SettingError, match=r"x0 names \['c'\]; the variables are \['a', 'b'\]"):
        as_generator(RandomSampling(), vocs(), {"c": 3.0})


def test_what_it_cannot_do_is_refused():
    with pytest.raises(SettingTypeError, match="Scipy evaluates by itself and cannot be asked"):
        as_generator(Scipy(), vocs())
    for more, message in (
        ({"objectives": {"f": "EXPLORE"}}, "give one to be minimised or maximised"),
        ({"objectives": {"f": "MINIMIZE", "g": "MINIMIZE"}}, "give one to be minimised"),
        ({"constraints": {"c": ["LESS_THAN", 0]}}, "bounds only"),
        ({"variables": {"a": {1, 2}}}, "variable a is"),
    ):
        with pytest.raises(ValueError, match=message):
            as_generator(RandomSampling(), vocs(**more))
    assert SteppedGenerator.returns_id
