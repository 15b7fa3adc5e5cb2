"""A policy as its user would write it: its class, and its public attributes as settings."""

from __future__ import annotations

_NO_SETTING = "logger"
"""Documented attribute that every policy has, and may replace."""


def as_written(policy: object) -> str:
    """Return ``Class(setting=value, ...)``."""
    public = {name: value for name, value in vars(policy).items() if not name.startswith("_") and name != _NO_SETTING}
    told = [f"{name}={value}" for name, value in public.items()]
    return f"{type(policy).__name__}({', '.join(told)})"
