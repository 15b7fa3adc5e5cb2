"""The secret of a dashboard's address in a file of its user, so that the address stays when the server starts again."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from glompo.errors import UserError
from glompo.safe_text import engine_text

TOKEN_BYTES = 24
"""Random bytes of a token that is made."""

FORM = re.compile(r"[A-Za-z0-9_-]{20,200}")


def kept_token(path: Path | None) -> str:
    """Return the token in a file, which is made if it does not exist; empty without a file.

    Raises
    ------
    UserError
        If it cannot be read or made, others can read it, or what it holds is no token.
    """
    if path is None:
        return ""
    try:
        _make(path)
        with path.open("rb") as file:
            others = os.fstat(file.fileno()).st_mode & 0o077
            token = file.read(1000).decode("ascii", "replace").strip()
    except OSError as error:
        raise UserError(f"the token file {path} cannot be used: {engine_text(error)}; give another") from error
    if others:
        raise UserError(f"others can read the token file {path}, and so steer the runs; chmod 600 {path}")
    if not FORM.fullmatch(token):
        raise UserError(
            f"the token file {path} holds no token: 20 to 200 letters, digits, - and _; remove it, a new one is made"
        )
    return token


def _make(path: Path) -> None:
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    with os.fdopen(made, "w") as file:
        file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
