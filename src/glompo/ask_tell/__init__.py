"""A run whose evaluations somebody else makes: it is asked for points and told their values."""

from glompo.ask_tell.managed_generator import ManagedGenerator

__all__ = ["ManagedGenerator"]
