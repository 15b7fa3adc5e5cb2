"""The fixtures of the evaluators' tests that tasks use as well."""

from ..evaluators.conftest import notes, pool

__all__ = ["notes", "pool"]
