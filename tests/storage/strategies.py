"""Hypothesis strategies: any event that can be recorded."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from glompo import events as ev
from glompo.events.verdict import Verdict
from glompo.function import Status

text = st.text(max_size=20)  # all of Unicode but lone surrogates, which UTF-8 has no bytes for
number = st.floats(allow_nan=False)  # nan is no equal of itself; arrays are compared by their bytes and may hold it
count = st.integers(0, 2**63 - 1)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**130), 2**130) | number | text | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
settings = st.dictionaries(text, plain, max_size=4)
verdicts = st.recursive(
    st.builds(Verdict, st.booleans(), text, text),
    lambda inner: st.builds(Verdict, st.booleans(), text, text, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=8,
)
extra = st.none() | st.booleans() | st.integers(-(2**130), 2**130) | number | text
extra |= hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))


def array(dtype: Any, *shape: int) -> st.SearchStrategy[np.ndarray]:
    """Any content: nan, inf, negative zero, subnormal."""
    return hnp.arrays(dtype, shape)


@st.composite
def evaluated(draw: st.DrawFn) -> ev.Evaluated:
    n, d = draw(st.integers(0, 4)), draw(st.integers(1, 3))
    return ev.Evaluated(
        at=draw(number),
        opt=draw(count),
        k0=draw(count),
        X=draw(array(np.float64, n, d)),
        f=draw(array(np.float64, n)),
        status=np.array(draw(st.lists(st.sampled_from(Status), min_size=n, max_size=n)), np.uint8),
        seconds=draw(array(np.float32, n)),
        ages=draw(array(np.float32, n)),
        extras=draw(st.just(()) | st.lists(st.tuples(extra, extra), min_size=n, max_size=n).map(tuple)),
        errors=tuple(draw(st.lists(st.tuples(st.integers(0, n - 1), text), max_size=2))) if n else (),
    )


@st.composite
def opened(draw: st.DrawFn) -> ev.RunOpened:
    d = draw(st.integers(1, 3))
    return ev.RunOpened(
        at=draw(number),
        schema=draw(st.integers(1, ev.SCHEMA)),
        run_id=draw(text),
        date=draw(text),
        bounds=draw(array(np.float64, d, 2)),
        slots=draw(count),
        entropy=tuple(draw(st.lists(st.integers(0, 2**32 - 1), max_size=4))),
        spec=draw(settings),
        versions=draw(st.dictionaries(text, text, max_size=3)),
    )


point = st.integers(1, 3).flatmap(lambda d: array(np.float64, d))
_BY_HINT: dict[Any, st.SearchStrategy[Any]] = {
    float: number,
    int: count,
    str: text,
    bool: st.booleans(),
    Verdict: verdicts,
    tuple[int, ...]: st.lists(count, max_size=3).map(tuple),
    tuple[float, ...]: st.lists(number, max_size=3).map(tuple),
    tuple[str, ...]: st.lists(text, max_size=3).map(tuple),
    dict[str, Any]: settings,
    dict[str, str]: st.dictionaries(text, text, max_size=3),
    NDArray[np.float64]: point,
    NDArray[np.float64] | None: st.none() | point,
}
_SHAPED: dict[type[ev.Event], st.SearchStrategy[ev.Event]] = {ev.RunOpened: opened(), ev.Evaluated: evaluated()}


def of_type(kind: type[ev.Event]) -> st.SearchStrategy[ev.Event]:
    """Events of one type; a KeyError asks for a rule for a new type of field."""
    if kind in _SHAPED:
        return _SHAPED[kind]
    return st.builds(kind, **{name: _BY_HINT[hint] for name, hint in get_type_hints(kind).items()})


any_event = st.sampled_from(ev.EVENTS).flatmap(of_type)
batches = st.lists(any_event, min_size=1, max_size=3)


def types_within(event: ev.Event) -> list[type]:
    """Return the types of the values of an event, for the promise that decoding brings them back."""
    return [type(getattr(event, field.name)) for field in fields(event)]
