"""From names to components."""

from __future__ import annotations

import inspect

import pytest

from glompo import exit_conditions, generators, optimizers, selectors, stoppers
from glompo.cli.components import (
    EXIT_CONDITIONS,
    GENERATORS,
    OPTIMIZERS,
    SELECTORS,
    SPAWN_CONTROLS,
    STOPPERS,
    named,
)
from glompo.errors import SettingError, SettingTypeError
from glompo.optimizer import BaseOptimizer
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling
from glompo.stoppers import BaseStopper, BestUnmoving

ROOMS = {
    optimizers: (OPTIMIZERS,),
    stoppers: (STOPPERS,),
    exit_conditions: (EXIT_CONDITIONS,),
    generators: (GENERATORS,),
    selectors: (SELECTORS, SPAWN_CONTROLS),
}


class Swarm(BaseOptimizer):
    """An optimizer of a user, which passes on what it does not know."""

    def __init__(self, size, inertia=0.7, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def minimize(self, function, x0, bounds):
        raise NotImplementedError

    def callstop(self, reason=""):
        raise NotImplementedError


class Patient(BaseStopper):
    def __init__(self, years: int):
        if years > 100:
            raise RuntimeError("nobody lives that long")


def objective(f, x0, bounds):
    return None


HERE = __name__


@pytest.mark.parametrize("module", ROOMS)
def test_every_component_of_a_room_can_be_named_and_nothing_else(module):
    nameable = [name for room in ROOMS[module] for name in room.names()]
    assert sorted(nameable) == sorted(name for name in module.__all__ if not name.startswith("Base"))
    assert not any(inspect.isabstract(cls) for room in ROOMS[module] for cls in room.names().values())


@pytest.mark.parametrize("room", [OPTIMIZERS, STOPPERS, EXIT_CONDITIONS, GENERATORS, SPAWN_CONTROLS])
def test_a_component_is_made_or_says_where_and_what_it_lacks(room):
    def answer(one):
        try:
            return type(one.built())
        except SettingError as error:
            return str(error)[: len("here (") + len(one.cls.__name__) + 1]

    for name, cls in room.names().items():
        assert answer(named(name, room, "here")) in (cls, f"here ({name})")


def test_settings_reach_the_component():
    made = named({"type": "BestUnmoving", "calls": 7, "tol": 0.5}, STOPPERS, "here").built()
    assert str(made) == str(BestUnmoving(7, 0.5))
    assert named({"type": "CMAOptimizer", "popsize": 9}, OPTIMIZERS, "here").built().popsize == 9


@pytest.mark.parametrize(
    ("room", "given", "complaint"),
    [
        (OPTIMIZERS, "CMAOptimiser", r"here: there is no optimizer 'CMAOptimiser'; did you mean 'CMAOptimizer'\?"),
        (OPTIMIZERS, "cmaoptimizer", r"did you mean 'CMAOptimizer'\?"),
        (OPTIMIZERS, "Scippy", r"did you mean 'Scipy'\?"),
        (OPTIMIZERS, "Zzz", "there are .*CMAOptimizer, FunctionOptimizer, .*, and 'module:Class' for one of your own"),
        (OPTIMIZERS, "", "there is no optimizer ''; there are .*CMAOptimizer"),
        (STOPPERS, "BaseStopper", "there is no stopper 'BaseStopper'"),
        (STOPPERS, "TimeLimit", "there is no stopper 'TimeLimit'"),
        (EXIT_CONDITIONS, "MaxFunctionCalls", r"did you mean 'MaxTotalFunctionCalls'\?"),
        (SELECTORS, "IterSpawnStop", "there is no selector 'IterSpawnStop'"),
        (SPAWN_CONTROLS, "CycleSelector", "there is no spawn control 'CycleSelector'"),
        (STOPPERS, {"calls": 3}, "here has no type; add type = ... with one of BestUnmoving, CatchUp"),
        (STOPPERS, {"type": 3}, "here: type is 3; give the name of a stopper as a text"),
        (STOPPERS, 3, "here is 3; give the name of a stopper, or a table with its type"),
        (STOPPERS, ["CatchUp"], "here is .*; give the name of a stopper, or a table with its type"),
        (STOPPERS, "BestUnmoving", r"here \(BestUnmoving\) lacks the setting 'calls'; add calls = ... to it"),
        (STOPPERS, {"type": "CatchUp", "kapa": 1}, r"here \(CatchUp\) has no setting 'kapa'; did you mean 'kappa'\?"),
        (STOPPERS, {"type": "CatchUp", "seed": 1}, "no setting 'seed'; it has every, kappa, min_evals"),
        (GENERATORS, {"type": "RandomGenerator", "seed": 1}, "no setting 'seed'; it has none"),
        (STOPPERS, {"type": "CatchUp", "target": 1}, "it is a setting of the run: move it above the first"),
        (OPTIMIZERS, {"type": "CMAOptimizer", "sigma": 1}, r"no setting 'sigma'; did you mean 'sigma0'\?"),
        (OPTIMIZERS, {"type": "CMAOptimizer", "opt_id": 1}, "no setting 'opt_id'"),
        (OPTIMIZERS, {"type": "CMAOptimizer", "_workers": 1}, "no setting '_workers'"),
        (
            OPTIMIZERS,
            {"type": "CMAOptimizer", "sigma0": -1},
            r"here \(CMAOptimizer\): CMAOptimizer: sigma0 is -1; give",
        ),
        (OPTIMIZERS, {"type": "FunctionOptimizer"}, "lacks the setting 'minimiser'"),
        (OPTIMIZERS, {"type": "FunctionOptimizer", "minimiser": "f"}, "minimiser is 'f'; an import path has the form"),
        (STOPPERS, "nowhere_at_all:X", "type 'nowhere_at_all:X' cannot be imported: there is no module"),
        (STOPPERS, f"{HERE}:Swarm", "which is no stopper"),
        (STOPPERS, f"{HERE}:objective", "which is no stopper"),
        (STOPPERS, f"{HERE}:Patiant", r"there is no 'Patiant' in .*; did you mean 'Patient'\?"),
        (
            STOPPERS,
            {"type": f"{HERE}:Patient", "year": 3},
            r"\(Patient\) has no setting 'year'; did you mean 'years'\?",
        ),
        (STOPPERS, {"type": f"{HERE}:Patient", "years": 300}, "cannot be made: RuntimeError: nobody lives that long"),
        (OPTIMIZERS, f"{HERE}:Swarm", "lacks the setting 'size'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_remedy(room, given, complaint):
    with pytest.raises((SettingError, SettingTypeError), match=complaint):
        named(given, room, "here", {"target"}).built()


def test_a_function_is_named_by_its_import_path():
    one = named({"type": "FunctionOptimizer", "minimiser": f"{HERE}:objective"}, OPTIMIZERS, "here")
    assert one.cls is FunctionOptimizer
    assert one.settings["minimiser"].__name__ == "objective"


def test_an_optimizer_of_the_user_may_take_settings_that_its_constructor_does_not_name():
    one = named({"type": f"{HERE}:Swarm", "size": 4, "topology": "ring"}, OPTIMIZERS, "here")
    assert one.built().size == 4
    assert (one.cls.__name__, one.settings) == ("Swarm", {"size": 4, "topology": "ring"})


def test_workers_are_a_setting_of_every_optimizer():
    for cls in (CMAOptimizer, RandomSampling):
        assert named({"type": cls.__name__, "workers": 2}, OPTIMIZERS, "here").built().workers == 2
