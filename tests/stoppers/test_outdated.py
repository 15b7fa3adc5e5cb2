"""A search that started before a finished one had found the incumbent."""

from glompo.stoppers import Outdated
from glompo.testing.histories import History, history


def race() -> tuple[History, int, int]:
    """Return a run in which `early` began before `leader` found the incumbent."""
    run = history(bounds=[(0, 1), (0, 1)])
    early, leader = run.start(), run.start()
    run.evaluate(early, [9.0, 8.0])
    run.evaluate(leader, [7.0, 1.0])
    return run, early, leader


def test_it_goes_on_while_the_owner_of_the_incumbent_searches() -> None:
    run, early, leader = race()
    assert not Outdated().ask(run.view(), early).fired
    assert not Outdated().ask(run.view(), leader).fired


def test_it_stops_once_the_owner_has_ended() -> None:
    run, early, leader = race()
    run.converge(leader)
    verdict = Outdated().ask(run.view(), early)
    assert verdict.fired
    assert f"optimizer {leader} has ended" in str(verdict)


def test_one_that_began_afterwards_goes_on() -> None:
    run, _, leader = race()
    run.converge(leader)
    late = run.start()
    assert not Outdated().ask(run.view(), late).fired  # it has no evaluation yet
    run.evaluate(late, [5.0])
    assert not Outdated().ask(run.view(), late).fired


def test_one_that_owns_the_incumbent_goes_on() -> None:
    run, early, leader = race()
    run.converge(leader)
    run.evaluate(early, [0.5])
    assert not Outdated().ask(run.view(), early).fired
