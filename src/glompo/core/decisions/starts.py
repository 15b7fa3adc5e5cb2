"""What starts, and where? A slot is free only once its last holder has really stopped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glompo.core.decisions.known_starts import MOST, known_starts
from glompo.core.policies.ports import Option, Policies
from glompo.core.views.manager_view import ManagerView
from glompo.core.views.run_view import RunView
from glompo.core.views.wanted_slots import displaced
from glompo.errors import PolicyError
from glompo.events import StartRequested
from glompo.safe_text import writable


@dataclass(frozen=True, slots=True)
class Start:
    """A start: the event that records it, and the option with the class itself, which cannot be recorded."""

    event: StartRequested
    option: Option


def starts(view: RunView, policies: Policies) -> Iterator[Start]:
    """Yield at most one start: the next one is decided in the light of this one."""
    if view.free_slots < policies.selector.smallest() or _one_waits(view) or not _evaluations_left(view, policies):
        return
    manager = ManagerView(view)
    option = policies.selector.choose(manager, view.free_slots)
    if option is None or option is False:
        return
    _check_option(option, view.free_slots, policies.selector)
    x0, whence = _place(view, policies, manager, option)
    opt = view.n_started + 1
    why = writable(f"{policies.selector.explain(manager, option)}; {whence}")
    called = (option.regime, writable(option.name))
    event = StartRequested(view.now, opt, option.kind, option.describe(), x0, option.slots, why, option.shared, *called)
    yield Start(event, option)


def _one_waits(view: RunView) -> bool:
    """Return whether an optimizer rests that goes on as soon as there are slots: it comes first."""
    return view.n_paused > 0 and next(displaced(view), None) is not None


def _evaluations_left(view: RunView, policies: Policies) -> bool:
    limit = view.unpromised(policies.exit.budget())
    return limit is None or limit > 0


def _place(view: RunView, policies: Policies, manager: ManagerView, option: Option) -> tuple[NDArray[np.float64], str]:
    given = () if policies.x0 is None else np.atleast_2d(policies.x0)
    injections = view.injections
    if injections.waiting:
        point = injections.waiting[0]
        return point.x, f"a point that {view[point.opt].injected_by} injected, of value {point.f:.8g}"
    n = view.n_searches - injections.searched
    if n < len(given):
        return given[n], "x0 as given" if len(given) == 1 else f"x0 as given, {n + 1} of {len(given)}"
    known = [] if view.known is None else known_starts(view.known, view.box, 1 if option.shared else MOST)
    if n < len(given) + len(known):
        x, f = known[n - len(given)]
        return x, f"a known point, of value {f:.8g}"
    x0 = policies.generator.place(manager)
    if x0.shape != (view.dims,):
        raise PolicyError(
            f"{policies.generator} returned a start of shape {x0.shape}; generate(manager) must return one point of "
            f"shape ({view.dims},)"
        )
    low, high = view.bounds.T
    outside = np.flatnonzero(~((x0 >= low) & (x0 <= high)))
    if outside.size:
        i = int(outside[0])
        raise PolicyError(
            f"{policies.generator} returned a start outside the bounds: parameter {i} is {x0[i]}, bounds "
            f"[{low[i]}, {high[i]}]; clip the point to manager.bounds"
        )
    return x0, policies.generator.explain(manager)


def _check_option(option: Option, free: int, selector: object) -> None:
    if not isinstance(option, Option):
        raise PolicyError(f"{selector} returned {option!r}; return one of its options, None or False")
    if option.slots > free and not option.shared:
        raise PolicyError(f"{selector} chose {option.name} with {option.slots} slots; only {free} are free")
