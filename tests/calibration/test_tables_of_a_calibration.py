"""The two tables: what they take, and what they refuse with file, line, value and remedy."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

from glompo.calibration import Data, Entry, Parameter, Parameters, Prior
from glompo.errors import SettingError

HEAD = "name,value,lower,upper,scale,active,prior,group\n"
DATA = "quantity,at,reference,sigma,group,split,unit\n"


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_parameters_come_back_from_csv_with_all_their_digits(tmp_path):
    table = Parameters(
        [
            Parameter("a", 0.1 + 0.2, 0.0, 1.0, group="first"),
            Parameter("b", 1e-3, 1e-6, 1.0, scale="log", prior=Prior("lognormal", 1e-3, 0.5)),
            Parameter("c", 7.0, active=False),
        ]
    )
    path = written(tmp_path, "parameters.csv", table.to_csv(["made by a test"]))
    again = Parameters.read(path)
    assert list(again) == list(table)
    assert again.names == ("a", "b")
    assert again.scales == ("linear", "log")
    assert again.values([0.5, 0.01]) == {"a": 0.5, "b": 0.01, "c": 7.0}
    assert again.priors(np.array([0.5, 1e-3 * math.e])) == pytest.approx([2.0])
    assert again.at([0.5, 0.01])["b"].value == 0.01


def test_parameters_are_read_from_toml_and_from_rows(tmp_path):
    rows = [{"name": "a", "value": 1, "lower": 0, "upper": 2}, {"name": "c", "value": 3.0, "active": False}]
    path = written(
        tmp_path,
        "p.toml",
        "[[parameter]]\nname='a'\nvalue=1\nlower=0\nupper=2\n[[parameter]]\nname='c'\nvalue=3.0\nactive=false\n",
    )
    assert list(Parameters.read(path)) == list(Parameters.read(rows))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,1,2,0,,,,", r"p.csv:2: parameter 'a': its range 2.0 to 0.0 is reversed; give lower = 0.0"),
        ("a,3,0,2,,,,", r"p.csv:2: parameter 'a': its value 3.0 lies outside its range 0.0 to 2.0; move"),
        ("a,1,1,1,,,,", "widen it, or give active = false"),
        ("a,1,,2,,,,", "its range is nan to 2.0; give finite limits"),
        ("a,x,0,2,,,,", r"p.csv:2: value is 'x'; give a finite number"),
        ("a,1,0,2,ln,,,", r"p.csv:2: parameter 'a': scale is 'ln'; use 'linear' or 'log'"),
        ("a,1,0,2,log,,,", "its range begins at 0.0; raise lower above 0"),
        ('a,0,0,2,,,"lognormal(1,1)",', r"prior is lognormal\(1.0, 1.0\), but its range begins at 0.0; raise lower"),
        ("a,1,0,2,,maybe,,", r"p.csv:2: active is 'maybe'; write true or false"),
        ('a,1,0,2,,,"normal(1,0)",', "write normal"),
        ("a,1,0,2,,false,,", "no parameter is active"),
        ("a,1,0,2,,,,\na,1,0,2,,,,", r"p.csv:3: there is a parameter 'a' already, as at .*p.csv:2"),
        (",1,0,2,,,,", r"p.csv:2: there is no name; each parameter needs name, value"),
        ("a,1,0,2,,,,,,", r"p.csv:2: 10 cells below 8 columns"),
        ("", "holds no rows"),
    ],
)
def test_a_bad_row_of_parameters_is_refused_with_its_line_and_the_remedy(tmp_path, row, told):
    with pytest.raises(SettingError, match=told):
        Parameters.read(written(tmp_path, "p.csv", HEAD + row + "\n"))


def test_a_column_with_another_name_is_refused_with_the_near_one(tmp_path):
    with pytest.raises(SettingError, match=r"p.csv:2: there is no column 'lowr'.*did you mean 'lower'"):
        Parameters.read(written(tmp_path, "p.csv", "name,value,lowr\na,1,0\n"))
    with pytest.raises(SettingError, match=r"cannot read .*missing\.csv"):
        Parameters.read(tmp_path / "missing.csv")


def test_derived_values_follow_from_parameters_and_from_each_other():
    rows = [Parameter("a", 1.0, 0.0, 5.0), Parameter("d", 2.0, 0.0, 5.0)]
    table = Parameters(rows, {"b": "a + d", "c": "sqrt(b + 1)"})
    assert table.values([1.0, 2.0]) == {"a": 1.0, "d": 2.0, "b": 3.0, "c": 2.0}
    for wrong, told in {"a + nothing": "nothing", "a +": "derived", "'text'": "no finite number", "": "give"}.items():
        with pytest.raises(SettingError, match=told):
            Parameters(rows, {"b": wrong})
    with pytest.raises(SettingError, match="choose another"):
        Parameters(rows, {"a": "d"})


def test_parameters_of_lmfit_and_of_petab_are_taken():
    free = SimpleNamespace(value=1.0, min=0.0, max=2.0, vary=True, expr=None)
    fixed = SimpleNamespace(value=5.0, min=-math.inf, max=math.inf, vary=False, expr=None)
    tied = SimpleNamespace(value=2.0, min=-math.inf, max=math.inf, vary=False, expr="2*a")
    early = SimpleNamespace(value=3.0, min=-math.inf, max=math.inf, vary=False, expr="b + a")  # lmfit has no order
    table = Parameters.from_lmfit({"e": early, "a": free, "c": fixed, "b": tied})
    assert table.names == ("a",)
    assert table.values([0.5]) == {"a": 0.5, "c": 5.0, "b": 1.0, "e": 1.5}
    with pytest.raises(SettingError, match=r"derived\['e'\] is 'b \+ a': NameError"):
        Parameters.from_lmfit({"e": early, "a": free, "b": SimpleNamespace(expr="e")})
    petab = Parameters.from_petab(
        [
            {"parameterId": "k", "parameterScale": "log10", "lowerBound": 1e-3, "upperBound": 10, "estimate": 1,
             "objectivePriorType": "normal", "objectivePriorParameters": "1;0.5"},
            {"parameterId": "s", "parameterScale": "lin", "nominalValue": 2.0, "estimate": 0},
        ]
    )  # fmt: skip
    assert petab.scales == ("log",)
    assert petab.x0 == pytest.approx([0.1])
    assert petab.priors(np.array([2.0])) == pytest.approx([2.0])
    assert petab.values([1.0])["s"] == 2.0


def test_data_are_linear_combinations_and_series(tmp_path):
    path = written(
        tmp_path,
        "d.csv",
        DATA
        + "energy:a - 0.5*energy:b,,1,0.5,energy,,kcal\n# a comment\n"
        + "flow,2,10,1,flow,,\nflow,1,20,1,flow,validation,\n-2*mass + energy:b,,0,,,,\n",
    )
    data = Data.read(path, weights={"flow": 4.0})
    assert {name: at.tolist() for name, at in data.wanted.items()} == {
        "energy:a": [], "energy:b": [], "flow": [1.0, 2.0], "mass": [],
    }  # fmt: skip
    found = data.predictions({"energy:a": 3.0, "energy:b": np.array([2.0]), "flow": [20.0, 11.0], "mass": 1.0})
    assert found.tolist() == [2.0, 11.0, 20.0, 0.0]
    assert data.residuals(found).tolist() == [2.0, 2.0, 0.0, 0.0]
    assert data[0].where.endswith("d.csv:2")
    assert data.of("validation").wanted["flow"].tolist() == [1.0]
    assert Data.read(written(tmp_path, "again.csv", data.to_csv())).to_csv() == data.to_csv()
    assert len(data[1:3]) == 2


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,,1,0,,,", r"d.csv:2: sigma is 0.0; .* above 0"),
        ("a,,1,-1,,,", r"d.csv:2: sigma is -1.0"),
        ("a,,,1,,,", r"d.csv:2: there is no reference"),
        ("a,x,1,1,,,", r"d.csv:2: at is 'x'"),
        ("a,,1,1,,test,", r"d.csv:2: split is 'test'; write 'training' or 'validation'"),
        ("a - a,,1,1,,,", r"d.csv:2: quantity is 'a - a', which is always 0"),
        ("*a,,1,1,,,", r"in which '\*a' is no name"),
        ("a b,,1,1,,,", r"d.csv:2: quantity is 'a b', in which 'a b' is no name"),
        ("a,,1,1,,,\na,,2,1,,validation,", r"d.csv:3: 'a' is for validation, and stands at .*d.csv:2 for training"),
        ("a - b,,1,1,,,\n-1*b + a,,2,1,,validation,", "must not be fitted"),
        ("a - b,,1,1,,,\nb - a,,-1,1,,validation,", "must not be fitted"),
        ("a,,1,1,,,\n0.5*a + 0.5*a,,2,1,,validation,", "must not be fitted"),
        ("a,,1,1,,,\na,3,1,1,,,", r"d.csv:3: 'a' is wanted at 3.0, and as a single number at .*d.csv:2"),
    ],
)
def test_a_bad_row_of_data_is_refused_with_its_line_and_the_remedy(tmp_path, rows, told):
    with pytest.raises(SettingError, match=told):
        Data.read(written(tmp_path, "d.csv", DATA + rows + "\n"))


def test_weights_belong_to_groups_that_there_are():
    with pytest.raises(SettingError, match=re.escape("weights name the group 'b'; the data have a")):
        Data([Entry("x", 1.0, group="a")], {"b": 2.0})
    with pytest.raises(SettingError, match="weight of the group 'a' is 0"):
        Data([Entry("x", 1.0, group="a")], {"a": 0})


def test_an_answer_that_lacks_a_quantity_names_the_row(tmp_path):
    data = Data.read(written(tmp_path, "d.csv", DATA + "a,,1,1,,,\nb,1,1,1,,,\nb,2,1,1,,,\n"))
    with pytest.raises(ValueError, match=r"d.csv:3: the model gave no 'b'; it gave 'a', 'c'"):
        data.predictions({"a": 1.0, "c": 2.0})
    with pytest.raises(ValueError, match=r"d.csv:3: the model gave 'b' with the shape \(3,\); 2 numbers"):
        data.predictions({"a": 1.0, "b": [1.0, 2.0, 3.0]})
