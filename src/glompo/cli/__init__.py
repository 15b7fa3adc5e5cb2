"""The command line: it reads and calls, and decides nothing.

``import glompo.cli`` and ``glompo --help`` load neither numpy nor any policy; each command loads what it needs.
"""

from glompo.cli.early_signals import hear_early


def main() -> None:
    """Carry out the command line of this process and leave with its exit code.

    Signals are heard before anything else is loaded, which takes longer than a batch queue may wait.
    """
    hear_early()
    from glompo.cli.app import main as carry_out

    carry_out()


__all__ = ["main"]
