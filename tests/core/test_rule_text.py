import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.core.policies.rule import All, Any_, Not, Rule
from glompo.core.policies.rule_text import DEEPEST, combine
from glompo.errors import SettingError, SettingTypeError
from glompo.events.verdict import Verdict


class Numbered(Rule):
    def __init__(self, number: int) -> None:
        self.number = number

    def judge(self, view: Any, opt: int | None = None) -> Verdict:
        return self.verdict(True, "")

    def __call__(self, *args: Any) -> bool:
        return True

    def __str__(self) -> str:
        return str(self.number)


RULES = [Numbered(number) for number in range(1, 13)]


def structure(rule: Rule) -> Any:
    if isinstance(rule, Numbered):
        return rule.number
    return (type(rule).__name__, *map(structure, rule._parts))  # type: ignore[attr-defined]


leaves = st.integers(1, 4).map(lambda n: RULES[n - 1])
combinations = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        inner.map(lambda one: ~one),
    ),
    max_leaves=12,
)


def with_all_of(rules: list[Numbered], text: str) -> str:
    return f"({text}) & {' & '.join(map(str, rules))}"


@given(combinations)
def test_reading_what_str_wrote_gives_the_same_structure(rule: Rule) -> None:
    highest = max(leaf.number for leaf in rule)  # type: ignore[attr-defined]
    rules = RULES[:highest]
    read = combine(with_all_of(rules, str(rule)), rules)
    expected = rule
    for one in rules:
        expected = expected & one
    assert structure(read) == structure(expected)
    assert combine(str(read), rules).__str__() == str(read)


@given(st.lists(st.tuples(st.sampled_from("&|"), st.sampled_from(["", "~", "~~"]), st.integers(1, 4)), max_size=10))
def test_precedence_is_that_of_python(more: list[tuple[str, str, int]]) -> None:
    text = "1" + "".join(f" {word} {sign}{number}" for word, sign, number in more)
    rules = RULES[: max([1, *(number for _, _, number in more)])]
    text = with_all_of(list(rules), text)
    expected = eval(re.sub(r"(\d+)", r"rules[\1 - 1]", text), {"rules": rules})
    assert structure(combine(text, rules)) == structure(expected)


@given(st.text(alphabet="1234567890&|~() x\n\t²", max_size=30))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        outcome = structure(combine(text, RULES))
    except SettingError as error:
        outcome = str(error)
    assert "position" in outcome or "leaves out" in outcome or outcome[0] in ("All", "Any_", "Not")


@pytest.mark.parametrize(
    ("text", "what", "position"),
    [
        ("", "ends too early", 1),
        ("  ", "ends too early", 3),
        ("1 &", "ends too early", 4),
        ("& 1", "unexpected '&'", 1),
        ("1 2", "unexpected '2'", 3),
        ("(1 | 2", "'(' is never closed", 1),
        ("1 | 2)", "unexpected ')'", 6),
        ("(1 2)", "unexpected '2'", 4),
        ("1 and 2", "unexpected 'a'", 3),
        ("1 & 3", "no rule 3: the list holds 2", 5),
        ("0 | 1 | 2", "no rule 0", 1),
        ("1 | 99999999999999999999", "no rule 9999", 5),
        ("()", "unexpected ')'", 2),
    ],
)
def test_a_mistake_is_pointed_at(text: str, what: str, position: int) -> None:
    with pytest.raises(SettingError) as caught:
        combine(text, RULES[:2])
    lines = str(caught.value).splitlines()
    assert what in lines[0]
    assert lines[0].endswith(f"at position {position}")
    assert lines[2] == " " * (4 + position - 1) + "^"


def test_a_rule_that_is_left_out_is_named() -> None:
    with pytest.raises(SettingError, match=r"leaves out rule 2 \(2\), 4 \(4\); use it"):
        combine("1 | 3", RULES[:4])


def test_a_rule_may_be_used_twice() -> None:
    assert structure(combine("(1 & 2) | (~1 & 3)", RULES[:3])) == structure(
        (RULES[0] & RULES[1]) | (~RULES[0] & RULES[2])
    )


def test_numbers_above_nine_are_read_whole() -> None:
    text = " | ".join(str(n) for n in range(1, 13))
    assert str(combine(text, RULES)).replace("(", "").replace(")", "") == text


def test_bottomless_nesting_is_refused_before_python_gives_up() -> None:
    assert isinstance(combine("~" * DEEPEST + "1", RULES[:1]), Not)
    for text in ("(" * 100_000 + "1" + ")" * 100_000, "~" * 100_000 + "1"):
        with pytest.raises(SettingError, match="nested deeper than 100"):
            combine(text, RULES[:1])


def test_only_text_and_rules_are_taken() -> None:
    with pytest.raises(SettingTypeError, match="is 12; give a text"):
        combine(12, RULES)  # type: ignore[arg-type]
    with pytest.raises(SettingTypeError, match="rule 2 is 'MaxCalls'; it must be"):
        combine("1 | 2", [RULES[0], "MaxCalls"])  # type: ignore[list-item]


def test_the_types_are_those_of_the_operators() -> None:
    assert isinstance(combine("1 & 2", RULES[:2]), All)
    assert isinstance(combine("1 | 2", RULES[:2]), Any_)
    assert combine(" ( 1 ) ", RULES[:1]) is RULES[0]
