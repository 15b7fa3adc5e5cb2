"""A judgment and its reasons: a tree of plain data that is logged as it is."""

from __future__ import annotations

from dataclasses import dataclass

from glompo.safe_text import writable


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one rule.

    Attributes
    ----------
    fired : bool
        Whether the rule holds.
    rule : str
        The rule as its user would write it, e.g. ``BestUnmoving(calls=500, tol=0.01)``.
    why : str
        The numbers behind the answer, in one line.
    parts : tuple of Verdict
        Answers of the rules that this one combines; those that were not asked are absent.
    """

    fired: bool
    rule: str
    why: str = ""
    parts: tuple[Verdict, ...] = ()

    def __bool__(self) -> bool:
        """Whether the rule holds."""
        return self.fired

    def leaves(self) -> tuple[Verdict, ...]:
        """Return the answers at the ends of the tree, from left to right."""
        if not self.parts:
            return (self,)
        return tuple(leaf for part in self.parts for leaf in part.leaves())

    def written(self) -> Verdict:
        """Return the verdict as it can be recorded: what policies of users say may be no text, or no proper one."""
        return Verdict(
            self.fired, writable(self.rule), writable(self.why), tuple([part.written() for part in self.parts])
        )

    def reason(self) -> str:
        """Return in one line what made the rule hold (or not): the leaves that agree with the whole."""
        if not self.parts:
            return f"{self.rule}: {self.why}" if self.why else self.rule
        agreeing = [leaf for leaf in self.leaves() if leaf.fired == self.fired] or list(self.leaves())
        return "; ".join(leaf.reason() for leaf in agreeing)
