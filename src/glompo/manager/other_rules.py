"""What stopping rules decided in a run on record, and what others would have decided."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from glompo import exit_conditions as exit_room
from glompo import stoppers as stopper_room
from glompo.core.policies.rule import Rule
from glompo.core.policies.rule_expression import rule_in
from glompo.errors import SettingError
from glompo.read.difference import WhatIf
from glompo.read.explanation import explanation
from glompo.read.history import open_run
from glompo.read.questions import questions_about
from glompo.read.what_if import RulesOf, compare, recorded_rules
from glompo.settings.policies import any_of
from glompo.validation import whole_number


def what_if(run_dir: str | os.PathLike[str], stoppers: Any = None) -> WhatIf:
    """Ask other stopping rules what a recorded run asked its own, and name the first decision that would differ.

    The run is only read; it may be going on, or have been killed. Each time it asked its stoppers about an optimizer,
    the other rules are asked about the same state, under the same `stopper_interval` and `stop_best`. Up to the first
    difference the answer is certain, since both runs are the same until then. What comes later on record says at most
    what the rules would have saved, and at least what the run owes to optimizers that they would have stopped: after
    the first difference the run would have gone another way.

    The rules that the run had differ in no decision.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run; or a checkpoint file.
    stoppers : BaseStopper, a sequence of which one must hold, or str, optional
        The rules to ask, as in :func:`glompo.minimize`; an empty sequence stops no optimizer. A text is read as rules
        print: ``"CatchUp(kappa=1) | MaxFuncCalls(500)"``. By default those that the run had.

    Returns
    -------
    WhatIf
        Its `first` difference, all `differences`, and what they save and lose; ``print`` tells it in words.

    Raises
    ------
    UserError
        If there is no run, or `stoppers` are no stoppers, or the run had a rule that its record cannot give again.
    StoreError
        If the journal is damaged before its tail.
    PolicyError
        If a rule breaks its contract.
    """
    return compare(run_dir, _rules_of(stoppers))


def explain(run_dir: str | os.PathLike[str], opt: int, stoppers: Any = None) -> str:
    """Tell why an optimizer started, what was decided about it and with which numbers, and why it ended.

    The run is only read; it may be going on, or have been killed. The journal has the numbers of each stop. Of answers
    that let an optimizer live it has only that they were given; so the rules are asked again, on the recorded course.

    Parameters
    ----------
    run_dir : path-like
        Working directory of the run; or a checkpoint file.
    opt : int
        Number of the optimizer, from 1.
    stoppers : BaseStopper, a sequence of which one must hold, or str, optional
        The rules that the run had, where its record cannot give them again because some are of your own.

    Returns
    -------
    str
        A page of text.

    Raises
    ------
    UserError
        If there is no run, no such optimizer, or `stoppers` are no stoppers.
    StoreError
        If the journal is damaged before its tail.
    """
    rules_of = _rules_of(stoppers)
    with open_run(run_dir) as history:
        return explanation(
            *(history.run_dir, history.view, history.result, history.events, whole_number("explain", "opt", opt, 1)),
            lambda one: questions_about(history.run_dir, one, rules_of),
        )


def _rules_of(stoppers: Any) -> RulesOf:
    if stoppers is None:
        return recorded_rules(bundled)
    rule = any_of("stoppers", rule_in(stoppers, bundled) if isinstance(stoppers, str) else stoppers)
    return lambda settings: rule


def bundled(name: str, args: tuple[Any, ...], settings: Mapping[str, Any]) -> Rule:
    """Return a stopper of the library; raises SettingError if there is none of that name, or its settings are wrong."""
    names = [one for one in stopper_room.__all__ if not one.startswith("Base")]
    if name in exit_room.__all__:
        raise SettingError(
            f"{name} is an exit condition, which answers for the run; give stoppers, which answer for one optimizer: "
            f"{', '.join(names)}"
        )
    if name not in names:
        raise SettingError(
            f"the library has no stopper {name!r}; it has {', '.join(names)}; give an instance of one of your own"
        )
    try:
        rule: Rule = getattr(stopper_room, name)(*args, **settings)
    except TypeError as error:
        raise SettingError(f"{name} cannot be made of the settings {[*args, dict(settings)]}: {error}") from error
    return rule
