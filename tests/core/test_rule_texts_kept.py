"""The texts of a rule are made once, and again when what they say has changed."""

from glompo.exit_conditions import BaseExitCondition, MaxTotalFunctionCalls
from glompo.testing import history


class Told(BaseExitCondition):
    """A rule that counts how often its text is made."""

    def __init__(self, setting):
        self.setting = setting
        self._made = 0

    def short(self):
        self._made += 1
        return super().short()

    def judge(self, view, opt=None):
        return self.verdict(False, "no")


class InItsOwnWay(Told):
    def __str__(self):
        return f"asked with {self.setting}, {self._made} times"


def asked(rule):
    return rule.ask(history().view()).rule


def test_a_text_is_made_once_while_the_settings_stay():
    rule = Told(1.5)
    assert {asked(rule) for _ in range(3)} == {"Told(setting=1.5)"}
    assert rule._made == 1


def test_a_setting_that_is_replaced_is_told():
    rule = Told(1.5)
    both = rule | MaxTotalFunctionCalls(9)
    assert asked(both) == "(Told(setting=1.5) | MaxTotalFunctionCalls(n=9))"
    rule.setting = 2
    assert asked(rule) == "Told(setting=2)"
    assert asked(both) == "(Told(setting=2) | MaxTotalFunctionCalls(n=9))"
    assert asked(~rule) == "~Told(setting=2)"
    rule.more = "x"
    assert asked(rule) == "Told(setting=2, more=x)"


def test_a_setting_that_changes_in_its_place_is_told():
    rule = Told([1])
    assert asked(rule) == "Told(setting=[1])"
    rule.setting.append(2)
    assert asked(rule) == "Told(setting=[1, 2])"


def test_a_rule_that_prints_in_its_own_way_is_asked_each_time():
    rule = InItsOwnWay(1)
    assert [asked(rule), asked(rule)] == ["asked with 1, 0 times", "asked with 1, 1 times"]


def test_budget_and_eagerness_of_a_combination_are_those_of_its_parts():
    first, second = MaxTotalFunctionCalls(5), MaxTotalFunctionCalls(9)
    for _ in range(2):
        assert [(first | second).budget(), (first & second).budget(), (~first).budget()] == [5, 9, None]
        assert [(first | second).follows_evaluations(), (first | Told(1)).follows_evaluations()] == [False, True]
