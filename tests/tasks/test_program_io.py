import pytest
from hypothesis import given
from hypothesis import strategies as st

from glompo.errors import SettingError
from glompo.tasks.program_io import Reading, check_places, last_number, rendered


@given(st.floats(allow_nan=False))
def test_a_value_is_written_with_all_its_digits(value):
    assert float(rendered("{a}", {"a": value})) == value


def test_formats_are_followed():
    assert rendered("{a:10.3f}|{a:.1e}", {"a": 3.14159}) == "     3.142|3.1e+00"


@given(st.text(st.characters(exclude_characters="x")))
def test_a_text_without_places_is_left_as_it_is(text):
    assert rendered(text, {"x0": 1.0}) == text


def test_other_braces_are_left_as_they_are():
    text = 'variable e equal ${a}\n{"b": {}} {unknown} { a } {a'
    assert rendered(text, {"a": 1.0}) == text


def test_a_numbered_parameter_that_there_is_not_is_told():
    with pytest.raises(ValueError, match=r"the text wants \{x2\}, but there are only the parameters x0, x1"):
        rendered("{x2}", {"x0": 1.0, "x1": 2.0})


@pytest.mark.parametrize(
    ("texts", "names", "message"),
    [
        (["{a}"], ["a", "b", "c"], r"no place for b, c in template and command; write \{b\} where"),
        (["none"], None, r"the parameters reach the program nowhere: write \{x0\}"),
        (["{a}"], None, "the parameters reach the program nowhere"),
        (["{x0:5q}"], None, r"\{x0:5q\} cannot be written: .* use a format of numbers"),
    ],
)
def test_texts_that_do_not_take_the_parameters_are_refused(texts, names, message):
    with pytest.raises(SettingError, match=message):
        check_places(texts, names)


def test_places_may_be_spread_over_texts():
    check_places(["{a}", "{b:.3f} {a}"], ["a", "b"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("energy = -1.5e+02 kcal/mol\n", -150.0),
        ("step 1 2 3", 3.0),
        ("Total: 7.", 7.0),
        ("SCF 1.25D-03 done", 0.00125),
        ("-.5", -0.5),
        ("+Infinity", float("inf")),
        ("version2 4 v1.2.3x", 4.0),
        ("loss=3", 3.0),
    ],
)
def test_the_last_number_is_the_value(tmp_path, text, value):
    path = tmp_path / "stdout"
    path.write_text(text)
    assert last_number(path) == value


@given(st.floats(allow_nan=False), st.sampled_from(["{}", "E = {} Ha", "1 2 3\n{}\n\n"]))
def test_any_number_that_python_prints_is_read(tmp_path_factory, value, text):
    path = tmp_path_factory.getbasetemp() / "printed"
    path.write_text(text.format(value))
    assert last_number(path) == value


def test_nan_is_a_number_too(tmp_path):
    path = tmp_path / "stdout"
    path.write_text("1.0 NaN\n")
    assert str(last_number(path)) == "nan"


@pytest.mark.parametrize("text", ["", "no numbers here", "abc1 x2y"])
def test_no_number_is_an_error(tmp_path, text):
    path = tmp_path / "stdout"
    path.write_text(text)
    with pytest.raises(ValueError, match="it printed no number"):
        last_number(path)


@pytest.mark.parametrize("key", ["energy", "a.b", "dotted.key"])
def test_a_value_in_a_json_file_is_found(tmp_path, key):
    (tmp_path / "out.json").write_text('{"energy": 2.5, "a": {"b": 2.5}, "dotted.key": 2.5}')
    assert Reading.of(f"json:out.json:{key}").value(tmp_path, tmp_path / "stdout") == 2.5


@pytest.mark.parametrize("key", ["none", "energy.deeper", "a.c"])
def test_a_value_that_is_not_in_the_json_file_is_an_error(tmp_path, key):
    (tmp_path / "out.json").write_text('{"energy": 2.5, "a": {"b": 2.5}}')
    with pytest.raises(ValueError, match=f"out.json has no '{key}'"):
        Reading.of(f"json:out.json:{key}").value(tmp_path, tmp_path / "stdout")


@pytest.mark.parametrize("output", ["stderr", "json:", "json:file", "json::key", "json:file:", "yaml:file:key"])
def test_an_output_of_another_form_is_refused(output):
    with pytest.raises(SettingError, match="it is 'stdout' or 'json:FILE:key'"):
        Reading.of(output)
