"""What the user asks of a run with a portfolio while it goes on."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from glompo.core.state.snapshot import same
from glompo.exit_conditions import MaxTotalFunctionCalls
from glompo.portfolio import Portfolio
from glompo.testing import simulate

from ..engine.test_live_control import WISHES, ask, assert_slots_are_kept, replayed
from .regimes import steady


@settings(max_examples=20)
@given(
    script=st.lists(st.tuples(st.integers(0, 400), WISHES), max_size=8),
    slots=st.integers(1, 6),
    lockstep=st.booleans(),
)
def test_whatever_is_asked_slots_and_budget_are_kept_and_the_run_ends(script: Any, slots: int, lockstep: bool) -> None:
    portfolio = Portfolio(
        steady("a", wide=0.5, ends=25, success=3), steady("b", share=0.5), steady("c", ends=7, later=2)
    )
    asked = [ask(tenths / 10 + 0.05, what, opt, amount) for tenths, (what, opt, amount) in script]
    run = simulate(portfolio, MaxTotalFunctionCalls(150), max_jobs=slots, lockstep=lockstep, asked=asked)
    assert_slots_are_kept(run, slots, drained=11.0)  # a block that was granted before is used up
    assert run.state.finished is not None
    assert run.state.finished.rule.startswith("MaxTotalFunctionCalls")
    if not any(what == "budget" for _, (what, _, _) in script):
        assert run.view.calls == 150
    assert same(replayed(run), run.state)
