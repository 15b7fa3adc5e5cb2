"""Read and change ReaxFF force-field files (``ffield``) without touching a byte that was not asked for.

A file is a sequence of sections; each begins with a line that holds a count, and each term of a section
fills a fixed number of lines (4 for an atom, 2 for a bond, else 1) with whitespace-separated numbers:

    general · atom · bond · off_diagonal · angle · torsion · hydrogen_bond

A number is addressed by section, atoms and name, written ``bond C-O p_be1`` or ``general p_boc1``, or by its place: the
numbers of section, entry and value, each from 1, as files of parameters do. The names
are those of the potential's equations (van Duin et al., J. Phys. Chem. A 105, 9396 (2001); Chenoweth, van Duin,
Goddard, J. Phys. Chem. A 112, 1040 (2008)).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glompo.errors import SettingError

# fmt: off
GENERAL = (
    "p_boc1", "p_boc2", "p_coa2", "p_trip4", "p_trip3", "kc2", "p_ovun6", "p_trip2", "p_ovun7", "p_ovun8",
    "p_trip1", "swa", "swb", "unused14", "p_val7", "p_lp1", "p_val9", "p_val10", "unused19", "p_pen2", "p_pen3",
    "p_pen4", "unused23", "p_tor2", "p_tor3", "p_tor4", "unused27", "p_cot2", "p_vdW1", "cutoff", "p_coa4",
    "p_ovun4", "p_ovun3", "p_val8", "unused35", "unused36", "unused37", "unused38", "p_coa3",
)
ATOM = (
    "ro_sigma", "Val", "mass", "Rvdw", "Dij", "gamma", "ro_pi", "Val_e",
    "alfa", "gamma_w", "Val_angle", "p_ovun5", "unused13", "chi", "eta", "p_hbond",
    "ro_pipi", "p_lp2", "heat", "p_boc4", "p_boc3", "p_boc5", "unused23", "unused24",
    "p_ovun2", "p_val3", "unused27", "Val_boc", "p_val5", "rcore", "ecore", "acore",
)
BOND = (
    "De_sigma", "De_pi", "De_pipi", "p_be1", "p_bo5", "v13cor", "p_bo6", "p_ovun1",
    "p_be2", "p_bo3", "p_bo4", "unused12", "p_bo1", "p_bo2", "ovc", "unused16",
)
# fmt: on
OFF_DIAGONAL = ("Dij", "Rvdw", "alfa", "ro_sigma", "ro_pi", "ro_pipi")
ANGLE = ("theta_00", "p_val1", "p_val2", "p_coa1", "p_val7", "p_pen1", "p_val4")
TORSION = ("V1", "V2", "V3", "p_tor1", "p_cot1", "unused6", "unused7")
SECTIONS = ("general", "atom", "bond", "off_diagonal", "angle", "torsion", "hydrogen_bond")
HYDROGEN_BOND = ("r0_hb", "p_hb1", "p_hb2", "p_hb3")

ANY_ATOM = "*"  # written 0 in the file
ENCODING_ERRORS = "surrogateescape"  # a comment may hold any bytes; they come back unchanged


class ForceFieldError(SettingError):
    """The text is not a ReaxFF force field, or an address does not exist in it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the terms of one section lie in the file."""

    section: str
    atoms: int
    header_lines: int
    lines: int
    names: tuple[str, ...]


LAYOUTS = (
    Layout("atom", 1, 4, 4, ATOM),
    Layout("bond", 2, 2, 2, BOND),
    Layout("off_diagonal", 2, 1, 1, OFF_DIAGONAL),
    Layout("angle", 3, 1, 1, ANGLE),
    Layout("torsion", 4, 1, 1, TORSION),
    Layout("hydrogen_bond", 3, 1, 1, HYDROGEN_BOND),
)


@dataclass(frozen=True, slots=True)
class Address:
    """The place of one number.

    Attributes
    ----------
    section
        ``general``, ``atom``, ``bond``, ``off_diagonal``, ``angle``, ``torsion`` or ``hydrogen_bond``.
    atoms
        Chemical symbols; ``*`` stands for any atom (torsions). Empty for a general parameter.
    name
        Name of the parameter in that section.
    """

    section: str
    atoms: tuple[str, ...]
    name: str

    def __str__(self) -> str:
        return " ".join((self.section, "-".join(self.atoms), self.name)).replace("  ", " ")

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``section atoms name`` (or ``general name``).

        Raises
        ------
        ForceFieldError
            If the text has another shape.
        """
        words = text.split()
        if len(words) == 2 and words[0] == "general":
            return cls("general", (), words[1])
        if len(words) == 3:
            return cls(words[0], tuple(words[1].split("-")), words[2])
        raise ForceFieldError(f"{text!r} is not an address; write for example 'bond C-O p_be1' or 'general p_boc1'")

    def reversed(self) -> Address:
        """Return the same term with its atoms in the opposite order."""
        return Address(self.section, self.atoms[::-1], self.name)


@dataclass(frozen=True, slots=True)
class Field:
    """A number's place in the text: line, first column, column after the last."""

    line: int
    start: int
    stop: int


class ForceField:
    """An immutable force field: the text of an ``ffield`` file and an index of the numbers in it.

    Parameters
    ----------
    text
        Content of the file.

    Raises
    ------
    ForceFieldError
        If the text does not follow the format; the message names the line.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines(keepends=True)
        self._fields: dict[Address, list[Field]] = {}
        self.elements: tuple[str, ...] = ()
        self._places: dict[str, list[list[Address]]] = {}
        self._index()

    @classmethod
    def read(cls, path: Path) -> ForceField:
        """Read a file."""
        return cls(path.read_bytes().decode("utf-8", ENCODING_ERRORS))  # bytes, so that line ends survive

    def write(self, path: Path) -> None:
        """Write the text as it is."""
        path.write_bytes(self.text.encode("utf-8", ENCODING_ERRORS))

    def addresses(self) -> tuple[Address, ...]:
        """Return every number's address in the order of the file."""
        return tuple(self._fields)

    def at(self, section: int, entry: int, number: int) -> Address:
        """Return the address of a number by its place.

        Raises
        ------
        ForceFieldError
            If there is no such place, naming what there is.
        """
        if not 1 <= section <= len(SECTIONS):
            raise ForceFieldError(f"there is no section {section}; they are 1 ({SECTIONS[0]}) to 7 ({SECTIONS[-1]})")
        name = SECTIONS[section - 1]
        entries = self._places[name]
        if not 1 <= entry <= len(entries):
            raise ForceFieldError(
                f"section {section} ({name}) has {len(entries)} entries, none with the number {entry}"
            )
        values = entries[entry - 1]
        if not 1 <= number <= len(values):
            raise ForceFieldError(f"entry {entry} of section {section} ({name}) has {len(values)} values, no {number}")
        return values[number - 1]

    def value(self, address: Address) -> float:
        """Return the number at an address.

        Raises
        ------
        ForceFieldError
            If there is no such number, or more than one.
        """
        field = self._field(address)
        return float(self._lines[field.line][field.start : field.stop])

    def rendered(self, values: Mapping[Address, float]) -> str:
        """Return the text with other numbers at the given addresses.

        A number that does not change keeps its bytes. A new one is written with as many digits as a float needs
        to be read back exactly, right-aligned in the columns of the old one as far as there is room.

        Raises
        ------
        ForceFieldError
            If an address does not exist or a number is not finite.
        """
        lines = list(self._lines)
        fields = [(self._field(address), address, value) for address, value in values.items()]
        # From right to left, so that a longer number does not shift the columns of the ones still to come.
        for field, address, value in sorted(fields, key=lambda item: item[0].start, reverse=True):
            if not math.isfinite(value):
                raise ForceFieldError(f"{address} = {value}: a force field holds finite numbers only")
            if value != self.value(address):
                lines[field.line] = _replaced(lines[field.line], field, repr(float(value)))
        return "".join(lines)

    def with_values(self, values: Mapping[Address, float]) -> ForceField:
        """Return the force field whose text is ``rendered(values)``."""
        return ForceField(self.rendered(values))

    def _field(self, address: Address) -> Field:
        symmetric = address.section in ("bond", "off_diagonal", "angle", "torsion")
        found = self._fields.get(address) or (self._fields.get(address.reversed()) if symmetric else None)
        if not found:
            raise ForceFieldError(f"the force field has no number {str(address)!r}")
        if len(found) > 1:
            raise ForceFieldError(f"{str(address)!r} is listed {len(found)} times; which one is meant is not clear")
        return found[0]

    def _index(self) -> None:
        count = self._count(1, "general")
        for number in range(count):
            name = GENERAL[number] if number < len(GENERAL) else f"general{number + 1}"
            (span,) = self._words(2 + number, 1)
            address = Address("general", (), name)
            self._fields.setdefault(address, []).append(Field(2 + number, *span))
            self._places.setdefault("general", []).append([address])
        line = 2 + count
        for layout in LAYOUTS:
            line = self._index_section(layout, line)

    def _index_section(self, layout: Layout, line: int) -> int:
        count = self._count(line, layout.section)
        line += layout.header_lines
        for _ in range(count):
            atoms, fields = self._term(layout, line)
            addresses = [Address(layout.section, atoms, name) for name, _ in zip(layout.names, fields, strict=False)]
            self._places.setdefault(layout.section, []).append(addresses)
            for address, field in zip(addresses, fields, strict=False):
                self._fields.setdefault(address, []).append(field)
            line += layout.lines
        return line

    def _term(self, layout: Layout, line: int) -> tuple[tuple[str, ...], list[Field]]:
        per_line = len(layout.names) // layout.lines
        spans = self._words(line, layout.atoms + per_line)
        labels = [self._lines[line][start:stop] for start, stop in spans[: layout.atoms]]
        fields = [Field(line, *span) for span in spans[layout.atoms :]]
        for below in range(line + 1, line + layout.lines):
            fields.extend(Field(below, *span) for span in self._words(below, per_line))
        if layout.section == "atom":
            self.elements += (labels[0],)
            return (labels[0],), fields
        return tuple(self._element(label) for label in labels), fields

    def _element(self, label: str) -> str:
        known = {"0": ANY_ATOM} | {str(number): symbol for number, symbol in enumerate(self.elements, start=1)}
        return known.get(label, f"#{label}")  # some published files have terms of atoms that they do not define

    def _count(self, line: int, section: str) -> int:
        words = self._lines[line].split() if line < len(self._lines) else []
        if not words or not words[0].isdigit():
            raise ForceFieldError(f"line {line + 1}: the number of entries of section '{section}' should stand here")
        return int(words[0])

    def _words(self, line: int, count: int) -> list[tuple[int, int]]:
        if line >= len(self._lines):
            raise ForceFieldError(f"the file ends after line {len(self._lines)}, in the middle of a section")
        spans = [match.span() for match in re.finditer(r"\S+", self._lines[line])][:count]
        if len(spans) < count:
            raise ForceFieldError(f"line {line + 1}: {count} entries should stand here, {len(spans)} were found")
        return spans


def _replaced(line: str, field: Field, digits: str) -> str:
    """Put `digits` into a field; blanks before it give way as long as one of them remains."""
    before, after = line[: field.start], line[field.stop :]
    excess = len(digits) - (field.stop - field.start)
    if excess < 0:
        return before + " " * -excess + digits + after
    blanks = len(before) - len(before.rstrip(" "))
    removable = min(excess, max(blanks - 1, 0))
    return before[: len(before) - removable] + digits + after
