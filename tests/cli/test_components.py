"""From names to components."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from glompo import __version__, allocators, exit_conditions, freezers, generators, optimizers, selectors, stoppers
from glompo.errors import SettingError, SettingTypeError
from glompo.optimizer import BaseOptimizer
from glompo.optimizers import CMAOptimizer, FunctionOptimizer, RandomSampling
from glompo.settings.components import (
    ALLOCATORS,
    EXIT_CONDITIONS,
    FREEZERS,
    GENERATORS,
    OPTIMIZERS,
    SELECTORS,
    SPAWN_CONTROLS,
    STOPPERS,
    named,
)
from glompo.settings.components import COMPONENT_KINDS as KINDS
from glompo.stoppers import BaseStopper, BestUnmoving

MODULES = {
    optimizers: (OPTIMIZERS,),
    stoppers: (STOPPERS,),
    exit_conditions: (EXIT_CONDITIONS,),
    generators: (GENERATORS,),
    selectors: (SELECTORS, SPAWN_CONTROLS),
    allocators: (ALLOCATORS,),
    freezers: (FREEZERS,),
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


class Open(Swarm):
    """One that keeps what its constructor does not name."""

    def __init__(self, size, **kwargs):
        super().__init__(size)
        self.further = kwargs


class Lifespan(BaseStopper):
    def __init__(self, years: int):
        if years > 100:
            raise RuntimeError("it is out of range")


def objective(f, x0, bounds):
    return None


HERE = __name__


@pytest.mark.parametrize("module", MODULES)
def test_every_component_of_a_room_can_be_named_and_nothing_else(module):
    nameable = [name for kind in MODULES[module] for name in kind.names()]
    assert sorted(nameable) == sorted(name for name in module.__all__ if not name.startswith("Base"))
    assert not any(inspect.isabstract(cls) for kind in MODULES[module] for cls in kind.names().values())


@pytest.mark.parametrize(
    "kind", [OPTIMIZERS, STOPPERS, EXIT_CONDITIONS, GENERATORS, SPAWN_CONTROLS, ALLOCATORS, FREEZERS]
)
def test_a_component_is_made_or_says_where_and_what_it_lacks(kind):
    def answer(one):
        try:
            return type(one.built())
        except SettingError as error:
            return str(error)[: len("here (") + len(one.cls.__name__) + 1]

    for name, cls in kind.names().items():
        assert answer(named(name, kind, "here")) in (cls, f"here ({name})")


def test_settings_reach_the_component():
    made = named({"type": "BestUnmoving", "calls": 7, "tol": 0.5}, STOPPERS, "here").built()
    assert str(made) == str(BestUnmoving(7, 0.5))
    assert named({"type": "CMAOptimizer", "popsize": 9}, OPTIMIZERS, "here").built().popsize == 9


@pytest.mark.parametrize(
    ("kind", "given", "complaint"),
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
        (STOPPERS, f"{HERE}:Lifespam", r"there is no 'Lifespam' in .*; did you mean 'Lifespan'\?"),
        (
            STOPPERS,
            {"type": f"{HERE}:Lifespan", "year": 3},
            r"\(Lifespan\) has no setting 'year'; did you mean 'years'\?",
        ),
        (STOPPERS, {"type": f"{HERE}:Lifespan", "years": 300}, "cannot be made: RuntimeError: it is out of range"),
        (OPTIMIZERS, f"{HERE}:Swarm", "lacks the setting 'size'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_remedy(kind, given, complaint):
    with pytest.raises((SettingError, SettingTypeError), match=complaint):
        named(given, kind, "here", {"target"}).built()


def test_a_function_is_named_by_its_import_path():
    one = named({"type": "FunctionOptimizer", "minimiser": f"{HERE}:objective"}, OPTIMIZERS, "here")
    assert one.cls is FunctionOptimizer
    assert one.settings["minimiser"].__name__ == "objective"


def test_an_optimizer_of_the_user_may_take_settings_that_its_constructor_does_not_name_but_keeps():
    one = named({"type": f"{HERE}:Open", "size": 4, "topology": "ring"}, OPTIMIZERS, "here")
    assert one.built().further == {"topology": "ring"}
    assert (one.cls.__name__, one.settings) == ("Open", {"size": 4, "topology": "ring"})


def test_a_setting_that_an_optimizer_of_the_user_would_lose_is_refused():
    with pytest.raises(SettingError, match=r"here \(Swarm\) has no setting 'inertai'; did you mean 'inertia'\?"):
        named({"type": f"{HERE}:Swarm", "size": 4, "inertai": 1}, OPTIMIZERS, "here")


def test_workers_are_a_setting_of_every_optimizer():
    for cls in (CMAOptimizer, RandomSampling):
        assert named({"type": cls.__name__, "workers": 2}, OPTIMIZERS, "here").built().workers == 2


PLUGIN = '''
"""A plug-in."""

from glompo.generators import RandomGenerator
from glompo.optimizers import RandomSampling
from glompo.stoppers import BaseStopper


class Swarm(RandomSampling):
    """A swarm of one.

    It is all there is to say.
    """


class Patience(BaseStopper):
    def __init__(self, years=1):
        self.years = years

    def __call__(self, log, best_opt_id, tested_opt_id):
        return False


class CatchUp(Patience):
    """A name that is taken."""


class Gate:
    """Lets two start."""

    def __call__(self, manager):
        return manager.o_counter < 2


class Share:
    """All that is left to each optimizer."""

    def allocate(self, view, limit):
        return {}


nothing = 5
'''

ENTRY_POINTS = """
[glompo.optimizers]
Swarm = swarms:Swarm

[glompo.stoppers]
Patience = swarms:Patience
CatchUp = swarms:CatchUp
Five = swarms:nothing
Wrong = swarms:Swarm
Lost = swarms:Lost
Broken = swarms_broken:Broken
Leaving = swarms_leaving:Leaving

[glompo.selectors]
Gate = swarms:Gate

[glompo.allocators]
Share = swarms:Share
"""


class Site:
    """A directory on the path in which distributions are installed, as far as their metadata are concerned."""

    def __init__(self, folder):
        self.folder = folder

    def install(self, name, version, entry_points):
        metadata = self.folder / f"{name}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (metadata / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "swarms.py").write_text(PLUGIN)
    (folder / "swarms_broken.py").write_text("import no_such_library\n")
    (folder / "swarms_leaving.py").write_text("raise SystemExit('no licence')\n")
    monkeypatch.syspath_prepend(folder)
    yield Site(folder)
    for name in ("swarms", "swarms_broken", "swarms_leaving"):
        sys.modules.pop(name, None)


@pytest.fixture
def installed(site):
    site.install("swarms", "1.2", ENTRY_POINTS)
    return site


class TestPlugins:
    def test_they_are_named_like_the_bundled_ones(self, installed):
        made = named({"type": "Swarm", "iters": 3}, OPTIMIZERS, "here").built()
        assert (type(made).__name__, type(made).__module__, made.iters) == ("Swarm", "swarms", 3)
        assert named({"type": "Patience", "years": 4}, STOPPERS, "here").built().years == 4
        assert named("Gate", SPAWN_CONTROLS, "here").cls.__name__ == "Gate"
        assert named("Share", ALLOCATORS, "here").cls.__name__ == "Share"

    def test_their_settings_are_checked_alike(self, installed):
        with pytest.raises(SettingError, match=r"here \(Patience\) has no setting 'year'; did you mean 'years'\?"):
            named({"type": "Patience", "year": 4}, STOPPERS, "here")

    def test_a_bundled_one_wins(self, installed):
        assert named("CatchUp", STOPPERS, "here").cls is stoppers.CatchUp

    def test_a_broken_one_disables_only_itself(self, installed):
        assert named("BestUnmoving", STOPPERS, "here").cls is BestUnmoving
        assert named("Patience", STOPPERS, "here").cls.__name__ == "Patience"
        assert "swarms_broken" not in sys.modules
        with pytest.raises(
            SettingError, match=r"'Broken' of swarms 1.2 cannot be imported: ModuleNotFoundError: No mod"
        ):
            named("Broken", STOPPERS, "here")
        with pytest.raises(SettingError, match=r"'Leaving' of swarms 1.2 cannot be imported: SystemExit: no licence"):
            named("Leaving", STOPPERS, "here")

    @pytest.mark.parametrize(
        ("name", "complaint"),
        [
            ("Lost", "here: the stopper 'Lost' of swarms 1.2 cannot be imported: AttributeError"),
            ("Five", "here: 'Five' of swarms 1.2 is 5, which is no stopper"),
            ("Wrong", "here: 'Wrong' of swarms 1.2 is <class 'swarms.Swarm'>, which is no stopper"),
            ("Patients", r"here: there is no stopper 'Patients'; did you mean 'Patience'\?"),
            ("Zzz", "there are BestUnmoving, .*, Patience, Wrong, and 'module:Class'"),
        ],
    )
    def test_a_mistake_is_told(self, installed, name, complaint):
        with pytest.raises((SettingError, SettingTypeError), match=complaint):
            named(name, STOPPERS, "here")

    def test_a_name_that_two_distributions_declare_is_refused(self, installed):
        installed.install("other", "3", "[glompo.stoppers]\nPatience = other:Patience\n")
        sources = r"other 3 \(other:Patience\) and swarms 1.2 \(swarms:Patience\)"
        with pytest.raises(SettingError, match=f"'Patience' is declared by {sources}; name one by its import path"):
            named("Patience", STOPPERS, "here")

    def test_a_configuration_can_name_them(self, installed, project, inside):
        config = project.config(
            """
max_evaluations = 40
optimizers = "Swarm"
stoppers = "Patience"
opt_selector = { type = "CycleSelector", allow_spawn = ["Gate"] }
"""
        )
        code, output, errors = inside("run", config)
        assert code == 0, errors
        assert "Swarm" in output


class TestTheList:
    def test_everything_is_listed_with_its_source_and_first_line(self, installed, inside):
        code, output, errors = inside("components")
        lines = [" ".join(line.split()) for line in output.splitlines()]
        assert (code, errors) == (0, "")
        assert [line for line in output.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
            f"{kind}:" for kind in KINDS
        ]
        assert "Swarm swarms 1.2 A swarm of one." in lines
        assert "Patience swarms 1.2 (no description)" in lines
        assert f"RandomGenerator glompo {__version__} Every start is drawn uniformly from the bounds." in lines
        assert lines.count("Gate swarms 1.2 Lets two start.") == 1
        for name in (*optimizers.__all__, *stoppers.__all__[1:]):
            assert any(line.startswith(f"{name} glompo") for line in lines)

    def test_what_a_component_says_is_free_of_markup(self, inside):
        _, output, _ = inside("components")
        assert "Run a blocking function minimiser(f, x0, bounds)." in output
        assert "residuals with scipy.optimize.least_squares." in output
        assert "`" not in output

    def test_what_is_not_available_is_named_with_the_reason(self, installed, inside):
        installed.install("other", "3", "[glompo.optimizers]\nSwarm = other:Swarm\n")
        code, output, _ = inside("components")
        lines = [" ".join(line.split()) for line in output.splitlines()]
        assert code == 0
        assert (
            "CatchUp swarms 1.2 not available by this name, which is one of glompo's own; use 'swarms:CatchUp'" in lines
        )
        assert "Swarm other 3 not available by this name, which 2 distributions declare; use 'other:Swarm'" in lines
        assert "Five swarms 1.2 not available: swarms:nothing is no stopper" in lines
        [broken] = [line for line in lines if line.startswith("Broken")]
        assert broken.startswith(
            "Broken swarms 1.2 not available: ModuleNotFoundError: No module named 'no_such_library'"
        )
        assert "swarms_broken.py, line 1" in broken
        [leaving] = [line for line in lines if line.startswith("Leaving")]
        assert "SystemExit: no licence" in leaving

    def test_one_kind_can_be_listed(self, installed, inside):
        code, output, _ = inside("components", "allocators")
        assert code == 0
        assert output.splitlines()[0] == "allocators:"
        assert "Share" in output
        assert "Swarm" not in output

    def test_a_kind_that_does_not_exist_is_told(self, inside):
        code, output, errors = inside("components", "stoper")
        assert (code, output) == (2, "")
        assert errors == "glompo: there is no kind of components 'stoper'; did you mean 'stoppers'?\n"

    def test_listing_imports_no_optional_library_and_nothing_heavy(self):
        program = (
            "import sys; from glompo.cli.component_list import listed; listed(None); "
            "print(sorted({name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
        )
        heavy = ["scipy", "cma", "matplotlib", "nevergrad", "cmaes", "optuna", "nlopt", "pygmo", "gest_api", "torch"]
        done = subprocess.run(
            [sys.executable, "-c", program, *heavy], capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.stdout, done.stderr) == ("[]\n", "")
