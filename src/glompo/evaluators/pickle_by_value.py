"""Objects on their way to another process, with what the main program defines."""

from __future__ import annotations

import sys

import cloudpickle

SPAWNED = "__mp_main__"
"""Name of the main program in a process that multiprocessing has spawned, or that a forkserver has forked: it is
imported there under this name, which no other process knows."""


def pickled(value: object) -> bytes:
    """Return `value` as bytes. What was defined in the main program travels whole, the rest by its name.

    Whatever pickling it raises goes through.
    """
    main = sys.modules.get(SPAWNED)
    if main is not None:
        cloudpickle.register_pickle_by_value(main)
    data: bytes = cloudpickle.dumps(value)
    return data
