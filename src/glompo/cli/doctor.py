"""``glompo doctor``: hold a component of the user's own to the contract of its kind."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, NamedTuple
from unittest import SkipTest

from glompo.cli.config import assignments
from glompo.errors import SettingError, SettingTypeError
from glompo.safe_text import legible
from glompo.settings.components import (
    ALLOCATORS,
    EXIT_CONDITIONS,
    FREEZERS,
    GENERATORS,
    OPTIMIZERS,
    SELECTORS,
    STOPPERS,
    ComponentKind,
    Named,
    named,
)
from glompo.spec.constructor import FOR_THE_MANAGER
from glompo.spec.task import imported
from glompo.testing import (
    AllocatorContract,
    Contract,
    ExitConditionContract,
    FreezerContract,
    GeneratorContract,
    OptimizerContract,
    SelectorContract,
    StopperContract,
)
from glompo.testing.contracts.base import reason

CONTRACTS: tuple[tuple[ComponentKind, type[Contract]], ...] = (
    (OPTIMIZERS, OptimizerContract),
    (STOPPERS, StopperContract),
    (EXIT_CONDITIONS, ExitConditionContract),
    (GENERATORS, GeneratorContract),
    (SELECTORS, SelectorContract),
    (FREEZERS, FreezerContract),
    (ALLOCATORS, AllocatorContract),
)
"""Contracts by what they are for; a class is held to the first one that fits."""

KEPT, BROKEN, SKIPPED = "ok", "failed", "skipped"


class Finding(NamedTuple):
    """The outcome of one check: how it went, what is promised, and why it failed or does not apply."""

    outcome: str
    promise: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.outcome:<8} {self.promise}" + (f": {legible(self.why, 2000)}" if self.why else "")


class Subject(NamedTuple):
    """What is checked, and the contract that it is held to."""

    contract: type[Contract]
    subject: Any
    headline: str


def subject_of(path: str, options: Iterable[str], knobs: Iterable[str]) -> Subject:
    """Return a component, given by import path or name, and its contract.

    `options` are what it is constructed with, `knobs` settings of the contract, each as ``name=value``. A module is
    looked for in the current directory first. Raises SettingError or SettingTypeError if there is no such component or
    setting, or it cannot be constructed.
    """
    sys.path.insert(0, os.getcwd())
    kind, contract = _contract_of(path)
    one = named({"type": path, **assignments(options, "--option")}, kind, "the component")
    tuned = _tuned(contract, assignments(knobs, "--knob"))
    subject = _subject(one, kind)
    headline = (
        f"{legible(one.cls.__name__)} is held to glompo.testing.{contract.__name__}, {len(contract.checks())} checks"
    )
    return Subject(tuned, subject, headline)


def check(one: Subject) -> Iterator[Finding]:
    """Yield what each check of the contract found."""
    contract = one.contract()
    for method, promise in contract.checks().items():
        yield _checked(contract, method, promise, one.subject)


def _checked(contract: Contract, method: str, promise: str, subject: Any) -> Finding:
    try:
        getattr(contract, method)(subject)
    except SkipTest as skip:
        return Finding(SKIPPED, promise, str(skip))
    except AssertionError as error:
        return Finding(BROKEN, promise, _one_line(str(error)) or reason(error))
    except Exception as error:
        return Finding(BROKEN, promise, _one_line(reason(error)))
    return Finding(KEPT, promise)


def _contract_of(path: str) -> tuple[ComponentKind, type[Contract]]:
    if ":" not in path:
        return _contract_by_name(path)
    cls = imported(path, "the component")
    if not inspect.isclass(cls):
        raise SettingTypeError(f"{path} is {cls!r}; name a class")
    for kind, contract in CONTRACTS:
        if kind.fits(cls):
            return kind, contract
    kinds = ", ".join(kind.noun for kind, _ in CONTRACTS)
    raise SettingTypeError(
        f"{path} is none of {kinds}; derive it from BaseOptimizer, BaseStopper, BaseExitCondition, BaseGenerator, "
        "BaseSelector or BaseFreezer, or define allocate(view, limit)"
    )


def _contract_by_name(name: str) -> tuple[ComponentKind, type[Contract]]:
    known: list[str] = []
    for kind, contract in CONTRACTS:
        names = [*kind.names(), *(plugin.name for plugin in kind.plugins())]
        if name in names:
            return kind, contract
        known += names
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else "'glompo components' lists them."
    own = ":".join(name.rsplit(".", 1)) if "." in name else "module:Class"
    raise SettingError(f"there is no component {name!r}; {hint} One of your own is named {own!r}")


def _subject(one: Named, kind: ComponentKind) -> Any:
    """Return what the checks are given; what cannot be constructed at all raises here."""
    if kind is not SELECTORS and (missing := one.missing()):
        raise SettingError(f"{one.cls.__name__} needs the setting {missing[0]!r}; add --option {missing[0]}=...")
    if kind is OPTIMIZERS:
        alone = {name: value for name, value in one.settings.items() if name not in FOR_THE_MANAGER}
        replace(one, settings=alone).built()
        return one.cls, one.settings
    if kind is SELECTORS:
        return one.cls, one.settings
    return one.built()


def _tuned(contract: type[Contract], knobs: Mapping[str, Any]) -> type[Contract]:
    for name in knobs:
        if name not in contract.knobs:
            raise SettingError(f"{contract.__name__} has no knob {name!r}; it has {', '.join(contract.knobs)}")
    return type(contract.__name__, (contract,), dict(knobs))


def _one_line(text: str) -> str:
    return " ".join(text.split())
