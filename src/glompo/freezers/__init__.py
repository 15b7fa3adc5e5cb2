"""Who should rest, and who should go on: one idea per file."""

from glompo.freezers.base import BaseFreezer
from glompo.freezers.freeze import Freeze

__all__ = ["BaseFreezer", "Freeze"]
