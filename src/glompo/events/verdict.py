"""A judgment and its reasons: a tree of plain data that is logged as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    short : str
        The rule without settings that have their default; empty where that is the same, or not on record.
    guard : bool
        Whether the rule only says for which optimizers, or from when on, others are asked.
    """

    fired: bool
    rule: str
    why: str = ""
    parts: tuple[Verdict, ...] = ()
    short: str = ""
    guard: bool = False

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
        parts = tuple([part.written() for part in self.parts])
        return replace(self, rule=writable(self.rule), why=writable(self.why), parts=parts, short=writable(self.short))

    def deciding(self) -> tuple[Verdict, ...]:
        """Return the answers that made the rule hold (or not), those of guards only where there are no others.

        Negations stand before the rules that they negate.
        """
        found = self._agreeing()
        return tuple(leaf for leaf in found if not leaf.guard) or found

    def _agreeing(self) -> tuple[Verdict, ...]:
        if not self.parts:
            return (self,)
        if len(self.parts) == 1 and self.parts[0].fired is not self.fired:
            return tuple(leaf._negated() for leaf in self.parts[0]._agreeing())
        return tuple(leaf for part in self.parts if part.fired is self.fired for leaf in part._agreeing())

    def _negated(self) -> Verdict:
        return replace(self, fired=not self.fired, rule=f"~{self.rule}", short=f"~{self.short or self.rule}")

    @property
    def name(self) -> str:
        """The rule without its settings."""
        return self.rule.partition("(")[0]

    def reason(self) -> str:
        """Return in one line what made the rule hold (or not), without guards and settings that have their default."""
        if self.parts:
            return "; ".join(leaf.reason() for leaf in self.deciding())
        called = self.short or self.rule
        return f"{called}: {self.why}" if self.why else called
