"""Who gets the next evaluations."""

from glompo.allocators.even import EvenAllocator

__all__ = ["EvenAllocator"]
