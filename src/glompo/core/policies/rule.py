"""Rules that answer yes or no with reasons, and how they combine.

Stoppers and exit conditions are rules. ``a & b``, ``a | b`` and ``~a`` combine them, lazily and to any depth;
iterating over a rule yields its leaves. What a combination answers is a tree of verdicts in which the parts that
were not asked are absent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from operator import is_
from typing import Any

from glompo.core.policies.ports import Written, answer_of
from glompo.core.views.run_view import RunView
from glompo.errors import PolicyError, SettingTypeError
from glompo.events.verdict import Verdict
from glompo.validation import refuse_class

_PLAIN = (bool, int, float, str, type(None))
"""Types of settings that do not change in their place."""


class Rule(Written, ABC):
    """A question with the answer yes or no.

    A subclass defines :meth:`judge`, or one of the documented call forms through the base class of its room.
    """

    per_evaluation = True
    """Whether the answer may change with each evaluation: then optimizers are given few credits at a time."""

    guard = False
    """Whether it only says for which optimizers, or from when on, others are asked: then reasons leave it out."""

    _last: bool | None = None
    _texts: tuple[list[Any], str, str] | None = None

    @property
    def last_result(self) -> bool | None:
        """The last answer; None if it was not asked. A rule in the documented form may set it."""
        return self._last

    @last_result.setter
    def last_result(self, answer: bool | None) -> None:
        self._last = answer

    @abstractmethod
    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer for optimizer `opt` (for the run if None), with the numbers behind the answer."""

    @abstractmethod
    def __call__(self, *args: Any) -> bool:
        """Answer in the documented call form."""

    def ask(self, view: RunView, opt: int | None = None) -> Verdict:
        """Return :meth:`judge`, remembered for :meth:`str_with_result`.

        Raises
        ------
        PolicyError
            If the rule raises or returns something else than a verdict.
        """
        verdict = answer_of(self, self.judge, view, opt)
        if not isinstance(verdict, Verdict):
            raise PolicyError(f"{self} answered {verdict!r}; judge(view, opt) must return a Verdict")
        self._last = verdict.fired
        return verdict

    def budget(self) -> int | None:
        """Return the greatest number of task calls that this rule permits; None if any number. It stays the same."""
        return None

    def deadline(self, view: RunView) -> float | None:
        """Return the next run time in seconds at which the answer may change by itself; None if never."""
        return None

    def follows_evaluations(self) -> bool:
        """Return whether any leaf may answer otherwise after an evaluation."""
        return any(leaf.per_evaluation for leaf in self)

    def looks_back(self) -> int:
        """Return how many of the last evaluations of an optimizer are looked at, so that they are kept in memory.

        A rule that looks further is answered as well, from the journal, which takes time.
        """
        return 0

    def verdict(self, fired: object, why: str) -> Verdict:
        """Return an answer of this rule."""
        rule, short = self._written()
        return Verdict(bool(fired), rule, why, (), short, self.guard)

    def _written(self) -> tuple[str, str]:
        """Return the rule as text, and its short form; empty if that is the same.

        Rules are asked at every turn and rarely change their settings: the texts are kept until one is replaced. They
        are made anew each time if a setting may change in its place, as a list can, or the rule prints in its own way.
        """
        settings = [value for name, value in vars(self).items() if name[0] != "_"]
        known = self._texts
        if known is not None and len(known[0]) == len(settings) and all(map(is_, known[0], settings)):
            return known[1], known[2]
        rule, short = str(self), self.short()
        texts = rule, "" if short == rule else short
        keeps = type(self).__str__ is Written.__str__ and all(type(value) in _PLAIN for value in settings)
        self._texts = (settings, *texts) if keeps else None
        return texts

    def __and__(self, other: Rule) -> Rule:
        return All(self, _rule(other, "&"))

    def __or__(self, other: Rule) -> Rule:
        return Any_(self, _rule(other, "|"))

    def __rand__(self, other: object) -> Rule:  # what is no rule stands before this one
        return All(_rule(other, "&"), self)

    def __ror__(self, other: object) -> Rule:
        return Any_(_rule(other, "|"), self)

    def __invert__(self) -> Rule:
        return Not(self)

    def __iter__(self) -> Iterator[Rule]:
        """Leaves of the rule, from left to right."""
        yield self

    def str_with_result(self) -> str:
        """Return the rule with the last answer of each leaf: True, False, or None if it was not asked."""
        return f"{self} = {self.last_result}"

    def reset(self) -> None:
        """Forget the last answer."""
        self._last = None


class _Combined(Rule):
    """Rules joined by a word."""

    _word: str

    def __init__(self, *parts: Rule) -> None:
        self._parts = parts
        self._budget: tuple[int | None] | None = None  # until it is asked for, which is often
        self._follows: bool | None = None

    def __iter__(self) -> Iterator[Rule]:
        for part in self._parts:
            yield from part

    def __str__(self) -> str:
        return self._joined_text([part._written()[0] for part in self._parts])

    def _joined_text(self, texts: Sequence[str]) -> str:
        return "(" + f" {self._word} ".join(texts) + ")"

    def _answer(self, fired: bool, answers: Sequence[Verdict]) -> Verdict:
        """Return a verdict; the parts that were asked have just been written down."""
        texts = [str(answer.rule) for answer in answers]
        texts += [part._written()[0] for part in self._parts[len(texts) :]]
        return Verdict(fired, self._joined_text(texts), "", tuple(answers))

    def str_with_result(self) -> str:
        """Return the rule with the last answer of each leaf."""
        return "(" + f" {self._word} ".join(part.str_with_result() for part in self._parts) + ")"

    def deadline(self, view: RunView) -> float | None:
        """Return the earliest deadline of any part."""
        return min((d for part in self._parts if (d := part.deadline(view)) is not None), default=None)

    def budget(self) -> int | None:
        """Return the greatest number of task calls that the combination permits; None if any number."""
        if self._budget is None:
            self._budget = (self._joined([part.budget() for part in self._parts]),)
        return self._budget[0]

    def _joined(self, budgets: list[int | None]) -> int | None:
        """Return the budget that follows from those of the parts."""
        return None

    def follows_evaluations(self) -> bool:
        """Return whether any leaf may answer otherwise after an evaluation."""
        if self._follows is None:
            self._follows = super().follows_evaluations()
        return self._follows

    def looks_back(self) -> int:
        """Return the most that any part looks back."""
        return max(part.looks_back() for part in self._parts)

    def reset(self) -> None:
        """Forget the last answers, those of the parts as well."""
        super().reset()
        for part in self._parts:
            part.reset()

    def _call_until(self, enough: bool, args: tuple[Any, ...]) -> bool:
        """Call the parts in order, in their documented form, until one answers `enough`; return the last answer."""
        self.reset()
        for part in self._parts:
            part.last_result = bool(part(*args))
            if part.last_result is enough:
                break
        return bool(part.last_result)

    def _ask_until(self, enough: bool, view: RunView, opt: int | None) -> list[Verdict]:
        """Ask the parts in order until one answers `enough`."""
        self.reset()
        answers: list[Verdict] = []
        for part in self._parts:
            answers.append(part.ask(view, opt))
            if answers[-1].fired is enough:
                break
        return answers

    def _written(self) -> tuple[str, str]:
        return str(self), ""


class All(_Combined):
    """Every part holds; parts after the first that does not are not asked."""

    _word = "&"

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer with the answers of the parts that were asked."""
        parts = self._ask_until(False, view, opt)
        return self._answer(parts[-1].fired, parts)

    def __call__(self, *args: Any) -> bool:
        """Answer in the documented call form of the parts."""
        return self._call_until(False, args)

    def _joined(self, budgets: list[int | None]) -> int | None:
        """Return the largest budget of the parts: all of them must hold."""
        known = [budget for budget in budgets if budget is not None]
        return max(known) if len(known) == len(budgets) else None


class Any_(_Combined):
    """At least one part holds; parts after the first that does are not asked."""

    _word = "|"

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer with the answers of the parts that were asked."""
        parts = self._ask_until(True, view, opt)
        return self._answer(parts[-1].fired, parts)

    def __call__(self, *args: Any) -> bool:
        """Answer in the documented call form of the parts."""
        return self._call_until(True, args)

    def _joined(self, budgets: list[int | None]) -> int | None:
        """Return the smallest budget of the parts: one that holds is enough."""
        return min((budget for budget in budgets if budget is not None), default=None)


class Not(_Combined):
    """The part does not hold."""

    _word = "~"

    def __init__(self, part: Rule) -> None:
        super().__init__(part)

    def judge(self, view: RunView, opt: int | None = None) -> Verdict:
        """Answer the opposite of the part."""
        parts = self._ask_until(True, view, opt)
        return self._answer(not parts[0].fired, parts)

    def __call__(self, *args: Any) -> bool:
        """Answer the opposite in the documented call form of the part."""
        return not self._call_until(True, args)

    def _joined_text(self, texts: Sequence[str]) -> str:
        return f"~{texts[0]}"

    def str_with_result(self) -> str:
        """Return the rule with the last answer of each leaf; a negated leaf stands with the negated answer."""
        [part] = self._parts
        if len(list(self)) > 1:
            return f"~{part.str_with_result()}"
        negated = None if part.last_result is None else not part.last_result
        return f"{self} = {negated}"


def _rule(other: object, word: str) -> Rule:
    refuse_class(f"what is joined by {word}", other)
    if not isinstance(other, Rule):
        raise SettingTypeError(f"{other!r} cannot be combined with {word}: it is no rule (stopper or exit condition)")
    return other
