"""The command line: it reads and calls, and decides nothing.

``import glompo.cli`` and ``glompo --help`` load neither numpy nor any policy; each command loads what it needs.
"""

from glompo.cli.app import main

__all__ = ["main"]
