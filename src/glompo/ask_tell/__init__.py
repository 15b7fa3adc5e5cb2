"""A run whose evaluations the caller makes: it is asked for points and told their values."""

from glompo.ask_tell.managed_generator import ManagedGenerator

__all__ = ["ManagedGenerator"]
