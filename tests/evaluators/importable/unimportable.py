"""A module that cannot be imported, and counts the attempts."""

import os
import tempfile

descriptor, _ = tempfile.mkstemp(dir=os.environ["NOTES"])
os.close(descriptor)

import no_such_module  # noqa: E402, F401


def task(x):
    """Never called."""
    return 0.0
