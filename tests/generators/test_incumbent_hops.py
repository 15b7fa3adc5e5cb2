from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from glompo.core.views.manager_view import ManagerView
from glompo.core.views.regime_view import RegimeView
from glompo.core.views.run_view import RunView
from glompo.errors import SettingError, SettingTypeError
from glompo.generators import IncumbentHops
from glompo.generators.incumbent_hops import STEPS
from glompo.testing.histories import History, history

from ..stoppers.runs import KINDS, Story, offsets, powers, stories

BOX = [(0.0, 1.0), (0.0, 100.0)]
RANGES = np.array([1.0, 100.0])


def search(run: History, f: float, x: Any) -> None:
    opt = run.start()
    run.evaluate(opt, f, x)
    run.converge(opt)


def step_from(generator: IncumbentHops, run: History, x: Any) -> float:
    """Return the longest step of a start from `x`, as a share of the ranges."""
    return float(np.max(np.abs(generator.place(run.manager()) - np.array(x)) / RANGES))


def test_it_steps_away_from_the_best_point() -> None:
    generator, run = IncumbentHops(), history(BOX)
    assert generator.explain(run.manager()).startswith("a random point")
    search(run, 2.0, [0.9, 90.0])
    search(run, 1.0, [0.5, 50.0])
    search(run, 3.0, [0.1, 10.0])
    assert 0 < step_from(generator, run, [0.5, 50.0]) <= max(STEPS)
    assert "from the best point, of optimizer 2" in generator.explain(run.manager())


def test_out_of_patience_it_begins_again_and_keeps_to_what_it_finds_there() -> None:
    generator, run = IncumbentHops(patience=2), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    search(run, 2.0, [0.6, 60.0])
    assert step_from(generator, run, [0.5, 50.0]) <= max(STEPS)
    search(run, 2.0, [0.6, 60.0])
    assert generator.explain(run.manager()).startswith("a random point")
    search(run, 9.0, [0.1, 10.0])
    search(run, 10.0, [0.2, 20.0])
    assert "of optimizer 4" in generator.explain(run.manager())
    assert step_from(generator, run, [0.1, 10.0]) <= max(STEPS)
    search(run, 8.0, [0.9, 90.0])  # better than the last one: its patience begins anew
    search(run, 9.0, [0.9, 90.0])
    assert "of optimizer 6" in generator.explain(run.manager())


def test_a_search_without_a_value_counts_as_one_that_found_nothing() -> None:
    generator, run = IncumbentHops(patience=1), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    search(run, float("inf"), [0.5, 50.0])
    assert generator.explain(run.manager()).startswith("a random point")
    search(run, float("inf"), [0.5, 50.0])
    assert generator.explain(run.manager()).startswith("a random point")


def test_without_a_limit_it_never_begins_again() -> None:
    generator, run = IncumbentHops(patience=None), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    for _ in range(200):
        search(run, 2.0, [0.6, 60.0])
    assert "of optimizer 1" in generator.explain(run.manager())


def test_what_it_keeps_changes_no_start_in_whichever_order_searches_end() -> None:
    rng, kept, run = np.random.default_rng(4), IncumbentHops(patience=3), history(BOX, slots=5)
    living: list[int] = []
    for _ in range(150):
        if len(living) < 5 and rng.random() < 0.6:
            living.append(run.start())
            run.evaluate(living[-1], rng.random(), rng.random(2) * RANGES)
        elif living:
            run.converge(living.pop(rng.integers(len(living))))
        assert kept.explain(run.manager()) == IncumbentHops(patience=3).explain(run.manager())
        assert kept.place(run.manager()).tolist() == IncumbentHops(patience=3).place(run.manager()).tolist()


def test_a_start_looks_only_at_searches_that_have_ended_since_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    see = RunView.__getitem__
    monkeypatch.setattr(RunView, "__getitem__", lambda view, opt: (looks.append(opt), see(view, opt))[1])
    monkeypatch.setattr(RunView, "__iter__", None)
    generator, run, most = IncumbentHops(patience=20), history(BOX), 0
    for i in range(60):
        search(run, float(i), [0.5, 50.0])
        looks.clear()
        generator.place(run.manager())
        most = max(most, len(looks))
    assert most < 10


def test_one_generator_may_serve_two_regimes() -> None:
    shared, run = IncumbentHops(patience=2), history(BOX)
    for i in range(20):
        run.evaluate(run.start(regime="ab"[i % 2]), float(i % 7), [i / 20, 5.0 * i])
        run.converge(i + 1)
        for first, name in enumerate("ab", 1):
            view = RegimeView(run.view(), name, range(first, i + 2, 2))
            expected = IncumbentHops(patience=2).place(ManagerView(view))
            assert shared.place(ManagerView(view)).tolist() == expected.tolist()


def test_uphill_it_steps_away_from_what_was_accepted_last_and_not_from_the_best() -> None:
    generator, run = IncumbentHops(uphill=0.5), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    search(run, 3.0, [0.6, 60.0])  # the first difference, 2, is the first threshold
    assert "from the accepted point, of optimizer 2" in generator.explain(run.manager())
    assert 0 < step_from(generator, run, [0.6, 60.0]) <= max(STEPS)
    search(run, 8.0, [0.1, 10.0])  # 5 higher: refused
    assert "of optimizer 2" in generator.explain(run.manager())
    search(run, 4.9, [0.2, 20.0])  # 1.9 higher: within what is accepted
    assert "of optimizer 4" in generator.explain(run.manager())


def test_uphill_the_threshold_follows_the_share_that_is_accepted() -> None:
    for uphill in (0.2, 0.8):
        generator, run, accepted = IncumbentHops(patience=None, uphill=uphill), history(BOX), 0
        heights = np.random.default_rng(3).uniform(0.0, 1.0, 400)
        for opt, height in enumerate(heights, 1):
            search(run, float(height), [0.5, 50.0])
            accepted += f"of optimizer {opt}" == generator.explain(run.manager()).rpartition(", ")[2]
        assert accepted / len(heights) == pytest.approx(uphill, abs=0.1)


def test_uphill_a_search_without_a_value_is_not_accepted_and_out_of_patience_it_begins_again() -> None:
    generator, run = IncumbentHops(patience=2, uphill=0.5), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    search(run, np.inf, [0.6, 60.0])
    assert "of optimizer 1" in generator.explain(run.manager())
    search(run, np.inf, [0.6, 60.0])
    assert generator.explain(run.manager()).startswith("a random point")
    search(run, 9.0, [0.1, 10.0])
    assert "of optimizer 4" in generator.explain(run.manager())


def test_uphill_a_search_without_a_value_leaves_the_threshold_as_it_is() -> None:
    generator, run = IncumbentHops(patience=None, uphill=0.5), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    search(run, 3.0, [0.6, 60.0])  # the threshold is 1.9 then
    for _ in range(20):
        search(run, np.inf, [0.1, 10.0])
    search(run, 5.0, [0.2, 20.0])
    assert "of optimizer 2" in generator.explain(run.manager())


def test_steps_are_taken_in_turn() -> None:
    generator, run = IncumbentHops(steps=[0.01]), history(BOX)
    search(run, 1.0, [0.5, 50.0])
    assert 0 < step_from(generator, run, [0.5, 50.0]) <= 0.01


@pytest.mark.parametrize("wrong", [{"uphill": 1.0}, {"uphill": -0.1}, {"steps": []}, {"steps": [0.0]}, {"steps": [2]}])
def test_impossible_hops_are_refused(wrong: Any) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        IncumbentHops(**wrong)


@pytest.mark.parametrize("steps", [0.07, "0.07", None, ["a"]])
def test_steps_that_are_no_numbers_are_refused(steps: Any) -> None:
    with pytest.raises(SettingTypeError, match="steps is"):
        IncumbentHops(steps=steps)


@pytest.mark.parametrize("patience", [0, -1, 1.5])
def test_impossible_patience_is_refused(patience: Any) -> None:
    with pytest.raises((SettingError, SettingTypeError), match="patience is"):
        IncumbentHops(patience=patience)


@pytest.mark.parametrize("uphill", [0.0, 0.5])
@settings(max_examples=20)
@given(stories, powers, offsets)
def test_scale_and_offset_move_no_start(uphill: float, story: Story, power: int, offset: int) -> None:
    generator = IncumbentHops(patience=2, uphill=uphill)
    expected = generator.place(story.told(KINDS).manager()).tolist()
    assert generator.place(story.told(KINDS, scale=2.0**power).manager()).tolist() == expected
    assert generator.place(story.told(KINDS, offset=offset).manager()).tolist() == expected
