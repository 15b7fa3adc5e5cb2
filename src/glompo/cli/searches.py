"""What searches, as a configuration says it: optimizers, a selector around them, or the regimes of a portfolio."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from glompo.errors import SettingError, SettingTypeError, UserError
from glompo.portfolio import Portfolio, Regime
from glompo.selectors import BaseSelector
from glompo.settings.components import (
    GENERATORS,
    OPTIMIZERS,
    SELECTORS,
    SPAWN_CONTROLS,
    STOPPERS,
    ComponentKind,
    Named,
    named,
)
from glompo.spec.constructor import FOR_THE_MANAGER
from glompo.validation import refuse_unknown

REGIMES = "regimes"
"""Key of the tables of a portfolio."""


def searches(document: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return what may start, as ``optimizers``; or as ``opt_selector``, if a selector or regimes are named.

    `known` are the keys of a configuration, to tell where a setting of a component belongs.
    """
    if REGIMES in document:
        both = [name for name in ("optimizers", "opt_selector") if name in document]
        if both:
            raise SettingError(
                f"{REGIMES} and {both[0]} are both given; name what searches in the tables [[{REGIMES}]]"
            )
        return {"opt_selector": _portfolio(document[REGIMES], known)}
    found = {"optimizers": _options(document["optimizers"], "optimizers", known)} if "optimizers" in document else {}
    if "opt_selector" not in document:
        return found
    options = found.get("optimizers") or [_option(named("CMAOptimizer", OPTIMIZERS, "optimizers"))]
    return {"opt_selector": _selector(document["opt_selector"], "opt_selector", options, known)}


def _portfolio(given: Any, known: Collection[str]) -> Portfolio:
    """Return the portfolio that a list of tables describes, one for each regime."""
    if not isinstance(given, list) or not given or not all(isinstance(one, Mapping) for one in given):
        raise SettingTypeError(f"{REGIMES} is {given!r}; write a table [[{REGIMES}]] with name and optimizers for each")
    return Portfolio(*(_regime(one, f"{REGIMES} {n}", known) for n, one in enumerate(given, 1)))


def _regime(given: Mapping[str, Any], where: str, known: Collection[str]) -> Regime:
    refuse_unknown(where, given, (*inspect.signature(Regime).parameters, "selector"))
    table = dict(given)
    for needed in ("name", "optimizers"):
        if needed not in table:
            raise SettingError(f"{where} has no {needed}; add {needed} = ...")
    start: Any = _options(table.pop("optimizers"), f"{where}: optimizers", known)
    selector = table.pop("selector", None)
    if selector is not None:
        start = _selector(selector, f"{where}: selector", start, known)
    for name, kind in (("generator", GENERATORS), ("stopper", STOPPERS)):
        if name in table:
            table[name] = named(table[name], kind, f"{where}: {name}", known).built()
    try:
        return Regime(table.pop("name"), start, **table)
    except UserError as error:
        raise type(error)(f"{where}: {error}") from error


def _options(given: Any, where: str, known: Collection[str]) -> list[Any]:
    """Return one optimizer or several, each as a class and its settings."""
    parted = [_parted(one, where) for one in (given if isinstance(given, list) else [given])]
    if not parted:
        raise SettingError(f"{where} is []; name one at least, or leave the key out for CMA-ES")
    options = each([table for table, _ in parted], where, OPTIMIZERS, known)
    return [_option(one, further) for one, (_, further) in zip(options, parted, strict=True)]


def _selector(given: Any, where: str, options: list[Any], known: Collection[str]) -> BaseSelector:
    selector = named(given, SELECTORS, where, known)
    if "allow_spawn" in selector.settings:
        gates = each(selector.settings["allow_spawn"], f"{selector.where}: allow_spawn", SPAWN_CONTROLS, known)
        selector = replace(selector, settings={**selector.settings, "allow_spawn": [gate.built() for gate in gates]})
    return selector.built(*options)  # type: ignore[no-any-return]  # it is a selector


def _option(one: Named, minimize: Mapping[str, Any] = MappingProxyType({})) -> tuple[type, dict[str, Any], Any]:
    """Return an optimizer as a class and its settings; it is constructed once to have them checked."""
    alone = {name: value for name, value in one.settings.items() if name not in FOR_THE_MANAGER}
    replace(one, settings=alone).built()
    return one.cls, one.settings, dict(minimize)


def _parted(given: Any, where: str) -> tuple[Any, Mapping[str, Any]]:
    """Return what describes an optimizer, and apart from it what its method `minimize` is given besides."""
    if not isinstance(given, Mapping):
        return given, {}
    table = dict(given)
    further = table.pop("minimize", {})
    if not isinstance(further, Mapping):
        raise SettingTypeError(
            f"{where}: minimize is {further!r}; give a table of the further arguments of the method minimize"
        )
    return table, further


def each(given: Any, name: str, kind: ComponentKind, known: Collection[str]) -> list[Named]:
    """Return the components of a list; a single one needs no list."""
    listed = given if isinstance(given, list) else [given]
    several = len(listed) > 1
    return [named(one, kind, f"{name} {n}" if several else name, known) for n, one in enumerate(listed, 1)]
