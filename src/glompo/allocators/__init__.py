"""Which optimizers get the next evaluations: one idea per file."""

from glompo.allocators.equal_blocks import EqualBlocks
from glompo.allocators.even import EvenAllocator
from glompo.allocators.meta_max_allocator import MetaMaxAllocator
from glompo.allocators.successive_halving import SuccessiveHalving

__all__ = ["EqualBlocks", "EvenAllocator", "MetaMaxAllocator", "SuccessiveHalving"]
