"""Which optimizers should rest, and which go on: one idea per file."""

from glompo.freezers.base import BaseFreezer
from glompo.freezers.freeze import Freeze

__all__ = ["BaseFreezer", "Freeze"]
