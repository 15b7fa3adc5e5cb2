"""A portfolio is explained: what each regime should have, has had and has found, which waits, and which is next."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from rich.console import Console

import glompo
from glompo.core.views.run_view import RunView
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.optimizers import CMAOptimizer, RandomSampling, Scipy
from glompo.portfolio import Portfolio, Regime
from glompo.read import load, rows, summarize
from glompo.read.regime_row import regime_rows
from glompo.read.result import never_started
from glompo.show import formatting
from glompo.show.live import present
from glompo.testing import history, simulate

BOX = [(-1.0, 3.0)] * 2


def bowl(x):
    return float(x @ x)


class Watching:
    """Keeps what is told of regimes at each look."""

    def __init__(self):
        self.seen = []

    def update(self, view: RunView) -> None:
        if view.finished is None:
            self.seen.append((view.calls, regime_rows(view), formatting.regimes(summarize(view))))

    def close(self, view: RunView) -> None:
        """Do nothing."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    portfolio = Portfolio(
        Regime("wide", RandomSampling, 0.7, success=1), Regime("fine", Scipy(label="simplex"), 0.3, success=2)
    )
    watching = Watching()
    result = glompo.minimize(
        bowl, BOX, opt_selector=portfolio, max_evaluations=200, max_jobs=2, rng=1, deterministic=True,
        progress=watching, working_dir=tmp_path_factory.mktemp("run"),
    )  # fmt: skip
    return result, watching.seen


def test_the_sums_of_regimes_are_those_of_their_optimizers(run):
    result, _ = run
    for row in result.regimes:
        members = [one for one in result.optimizers if one.regime == row.name]
        assert row.started == len(members) > 0
        assert row.evaluations == sum(one.evaluations for one in members)
        assert row.improvements == sum(one.improvements for one in members)
        assert row.waited == sum(one.waited for one in members)
        assert row.best_f == min(one.best_f for one in members)
        assert row.spent == row.evaluations / result.nfev
    assert sum(row.evaluations for row in result.regimes) == result.nfev
    assert any(row.waited for row in result.regimes)


def test_a_share_grows_while_its_regime_owns_the_best_point(run):
    result, _ = run
    owner = result.optimizers[result.origin["opt_id"] - 1].regime
    assert owner == "fine"
    assert {row.name: row.share for row in result.regimes} == pytest.approx({"wide": 0.7 / 1.3, "fine": 0.6 / 1.3})


def test_one_regime_is_next_as_long_as_the_run_goes_on(run):
    result, seen = run
    assert not any(row.due for row in result.regimes)
    assert all(sum(row.due for row in regimes) == 1 for _, regimes, _ in seen)
    assert all("wide" in told and "fine" in told for calls, _, told in seen if calls)


def test_regimes_stand_in_the_printed_result_and_are_read_back(run):
    result, _ = run
    assert load(run[0].run_dir).result.regimes == result.regimes
    told = str(result)
    for row in result.regimes:
        assert f"{row.evaluations:,} ({row.spent:.0%})" in told
    assert "regimes:" in told


def test_each_start_says_which_regime_was_how_far_behind(run):
    result, _ = run
    first, second = result.optimizers[:2]
    assert first.started_because.startswith(
        "regime wide is next, farthest behind its share (wide 0 for a share of 70%, fine 0 for a share of 30%)"
    )
    assert second.started_because.startswith("regime fine is next, farthest behind its share (wide ")


def test_rows_name_regime_and_label(run):
    assert {row.label for row in rows(run[0].run_dir)} == {"wide: RandomSampling", "fine: simplex"}


def test_a_run_without_a_portfolio_has_no_regimes():
    course = history()
    course.evaluate(course.start(), [1.0])
    assert regime_rows(course.view()) == ()
    assert formatting.regimes(summarize(course.view())) == ""


def test_who_waits_is_counted_in_evaluations_of_others():
    class OneAtATime:
        """The first optimizer gets everything."""

        def allocate(self, view, limit):
            free = view.n_started and view[1].may_evaluate and not view[1].outstanding
            return {1: 5 if limit is None else min(limit, 5)} if free else {}

    played = simulate([RandomSampling], MaxTotalFunctionCalls(40), max_jobs=2, allocator=OneAtATime())
    first, second = played.view
    assert (first.calls, first.waited) == (40, 0)
    assert (second.calls, second.waited) == (0, 40)


def never(tmp_path, **settings):
    return glompo.minimize(
        bowl, BOX, optimizers=[RandomSampling, (Scipy, {"method": "Powell"}), CMAOptimizer], max_jobs=1, rng=1,
        working_dir=tmp_path, **settings,
    )  # fmt: skip


def test_optimizers_for_which_there_was_no_room_are_warned_of(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "glompo.run"):
        result = never(tmp_path, max_evaluations=30)
    assert result.never_started == load(tmp_path).result.never_started == ("Scipy(Powell)", "CMAOptimizer")
    assert "never ran: Scipy(Powell), CMAOptimizer" in str(result)
    [warning] = [record.getMessage() for record in caplog.records]
    assert warning.startswith("Scipy(Powell), CMAOptimizer never started: with 1 slots the others used all")


def test_regimes_that_a_small_budget_has_no_evaluations_for_are_no_reason_to_warn(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "glompo.run"):
        result = glompo.minimize(bowl, BOX, max_evaluations=30, rng=1, working_dir=tmp_path)
    assert result.never_started
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert f"{', '.join(result.never_started)} never started: no evaluations were left" in caplog.text


def test_a_run_that_reached_its_target_warns_of_nothing(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "glompo.run"):
        result = never(tmp_path, target=1e9)
    assert len(result.never_started) == 2
    assert not caplog.records


def test_optimizers_that_the_allocator_held_back_are_named_and_those_that_took_turns_are_not(tmp_path):
    class OneAtATime:
        """The first optimizer gets everything."""

        def allocate(self, view, limit):
            free = view.n_started and view[1].may_evaluate and not view[1].outstanding
            return {1: 5 if limit is None else min(limit, 5)} if free else {}

    settings = {"optimizers": RandomSampling, "max_evaluations": 60, "max_jobs": 2, "rng": 1}
    held = glompo.minimize(bowl, BOX, allocator=OneAtATime(), working_dir=tmp_path / "held", **settings)
    assert "waited: optimizer 2 (RandomSampling) for " in str(held)
    fair = glompo.minimize(bowl, BOX, deterministic=True, working_dir=tmp_path / "fair", **settings)
    assert "waited" not in str(fair)


def test_the_display_in_place_shows_regimes(run):
    result, _ = run
    summary = summarize(load(result.run_dir).view)
    console = Console(file=StringIO(), width=120)
    console.print(present(summary))
    assert formatting.regimes(summary) in console.file.getvalue()


def test_a_run_of_an_earlier_version_does_not_claim_that_something_never_started():
    course = history()
    course.start("Scipy")
    assert "offered" not in course.view().opened.spec
    assert never_started(course.view()) == ()


def test_a_history_written_by_hand_has_regimes_too():
    course = history(slots=2)
    course.evaluate(course.start("CMAOptimizer", regime="wide"), [3.0, 1.0])
    course.evaluate(course.start("Scipy", regime="fine", label="simplex"), [2.0])
    assert [(row.name, row.evaluations, row.improvements, row.best_f) for row in regime_rows(course.view())] == [
        ("wide", 2, 1, 1.0), ("fine", 1, 0, 2.0),
    ]  # fmt: skip
    assert [one.name for one in course.view()] == ["wide: CMAOptimizer", "fine: simplex"]
