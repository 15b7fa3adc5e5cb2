"""Parameters in texts: ``{name}`` and ``{name:format}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from glompo.errors import SettingError

PLACE = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)(?::([^{}]*))?\}")
"""Not behind a dollar sign: those are the variables of shells and of many simulation codes."""

NUMBERED = re.compile(r"x\d+")
"""What parameters without names are called: x0, x1, ..."""


def rendered(text: str, values: Mapping[str, float]) -> str:
    """Return `text` with the values in their places.

    A value is written with all its digits, or as its format says. Braces around anything that is no parameter are left
    as they are: many input files are full of them.

    Raises
    ------
    ValueError
        If the text wants a numbered parameter that there is not.
    """

    def value(place: re.Match[str]) -> str:
        name, style = place.groups()
        if name in values:
            return format(values[name], style or "")
        if NUMBERED.fullmatch(name):
            raise ValueError(f"the text wants {{{name}}}, but there are only the parameters {', '.join(values)}")
        return place.group()

    return PLACE.sub(value, text)


def check_places(texts: Sequence[str], names: Sequence[str] | None) -> None:
    """Make sure that the texts take the parameters.

    Raises
    ------
    SettingError
        If a parameter has no place, or a format is none for numbers.
    """
    places = [place.groups() for text in texts for place in PLACE.finditer(text)]
    wanted = {name: style for name, style in places if (name in names if names else NUMBERED.fullmatch(name))}
    missing = [name for name in names or () if name not in wanted]
    if missing:
        raise SettingError(
            f"no place for {', '.join(missing)} in template and command; write {{{missing[0]}}} where its value belongs"
        )
    if not wanted:
        raise SettingError(
            "the parameters reach the program nowhere: write {x0}, {x1}, ... into template or command, give names=, or "
            "stdin='json'"
        )
    for name, style in wanted.items():
        try:
            format(1.0, style or "")
        except ValueError as error:
            raise SettingError(f"{{{name}:{style}}} cannot be written: {error}; use a format of numbers") from error
