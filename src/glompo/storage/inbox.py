"""The inbox of a run directory: how a living run is asked for something from outside.

A request is one small file, ``inbox/<time>-<random>.json``, such as ``{"what": "stop", "who": "ada@host", "opt": 3}``.
It is written under another name and renamed, so that the run never sees half of it; whatever may write to the directory
can ask, from any machine. The run looks every :data:`LOOK` seconds at the latest. What it has taken is in its journal
before the file is removed; what it refuses goes into ``inbox/refused/``, and the reason into a file beside it. So
the caller knows the answer from where the file went.

Three files in the run directory itself say the same, for people with nothing but a shell: ``STOP_<number>`` stops an
optimizer, ``CHKPT`` asks for a checkpoint, ``EXIT`` ends the run.

A request is made of the session that is alive. What lies there from before is refused, so that a file that was
forgotten does not end the next session.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from glompo.errors import StoreError
from glompo.events.enums import RequestKind
from glompo.loggers import library_logger
from glompo.storage.disk import refusal, write_file
from glompo.storage.files import drafted, open_regular, read_regular

logger = library_logger("glompo.storage")

INBOX = "inbox"
"""Folder for requests."""

REFUSED = "refused"
"""Folder in it for those that were refused."""

LOOK = 0.5
"""Seconds after which the run looks into its inbox even if nothing else happens."""

GLANCE = 0.1
"""Seconds between two looks at least, however much happens."""

LONGEST = 2**20
"""Bytes of a request at most."""

_STOP = re.compile(r"STOP_(\d{1,9})")
_FILES = {"CHKPT": RequestKind.CHECKPOINT, "EXIT": RequestKind.END}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a run; see :mod:`glompo.core.state.requests` for what there is.

    Attributes
    ----------
    what, who : str
        What is asked, and by whom.
    opt : int
        Optimizer that it is about; 0 if it is about none.
    amount : int
        Slots or evaluations; 0 where that means nothing.
    x : tuple of float
        A point; empty where that means nothing.
    """

    what: str
    who: str
    opt: int = 0
    amount: int = 0
    x: tuple[float, ...] = ()


def ask(run_dir: Path, request: Request) -> str:
    """Put a request into the inbox of a run and return its name there; raises StoreError if it cannot be written."""
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
    path = run_dir / INBOX / name
    draft = path.with_name(f".{name}")
    try:
        path.parent.mkdir(exist_ok=True)
        write_file(draft, json.dumps(asdict(request)).encode())
        draft.replace(path)
    except OSError as error:
        raise refusal("write", path, error, "then ask again") from error
    return name


def answer(run_dir: Path, name: str) -> str | None:
    """Return what became of a request: None while it waits, '' if it was taken, else why it was refused."""
    if (run_dir / INBOX / name).exists():
        return None
    try:
        return read_regular(_reason(run_dir / INBOX / REFUSED / name), LONGEST).decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""


def withdraw(run_dir: Path, name: str) -> bool:
    """Take a request back; False if it is not there any more."""
    try:
        (run_dir / INBOX / name).unlink()
    except FileNotFoundError:
        return False
    return True


class Inbox:
    """The inbox as the run sees it. What happens to these files never harms the run.

    Parameters
    ----------
    run_dir : Path
        Working directory of the run.
    clock : callable
        The time in seconds.
    """

    def __init__(self, run_dir: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._looked = -LOOK
        self._stuck: set[str] = set()  # files that were dealt with and cannot be removed

    @classmethod
    def open(cls, run_dir: Path, clock: Callable[[], float] = time.monotonic) -> Self:
        """Return the inbox of a session that begins: what lies there from before is refused."""
        inbox = cls(run_dir, clock)
        inbox._refuse_all("it was made before this session began; ask again if it is still wanted")
        return inbox

    def due(self) -> float:
        """Return in how many seconds it is time to look again."""
        return max(0.0, self._looked + LOOK - self._clock())

    def arrived(self) -> list[tuple[str, Request]]:
        """Return the names of new requests with what they say, in order of arrival; refuse those that say nothing."""
        now = self._clock()
        if now - self._looked < GLANCE:
            return []
        self._looked = now
        return self._read_all()

    def settle(self, name: str) -> None:
        """Remove a request that is in the journal."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            self._stuck.add(name)
            logger.warning("cannot remove the request %s: %s", self._path(name), error)

    def refuse(self, name: str, reason: str) -> None:
        """Set a request aside, with the reason beside it."""
        logger.warning("refused the request %s: %s", name, reason)
        aside = self._run_dir / INBOX / REFUSED / name
        try:
            # at once, and before the request moves: a caller that waits for either of them reads it then
            with drafted(_reason(aside)) as draft:
                draft.write_text(f"{reason}\n", "utf-8")
            self._path(name).replace(aside)
        except OSError as error:
            self._stuck.add(name)
            logger.warning("cannot set the request %s aside: %s", self._path(name), error)

    def close(self) -> None:
        """Refuse what has come too late."""
        self._refuse_all("the session ended before it was looked at")

    def _refuse_all(self, reason: str) -> None:
        for name, _ in self._read_all():
            self.refuse(name, reason)

    def _read_all(self) -> list[tuple[str, Request]]:
        try:
            found = sorted((*_entries(self._run_dir, _is_file_of_ours), *_entries(self._run_dir / INBOX, _is_request)))
        except OSError as error:
            logger.warning("cannot look into the inbox of %s: %s", self._run_dir, error)
            return []
        requests: list[tuple[str, Request]] = []
        for _, name in found:
            if name not in self._stuck:
                try:
                    requests.append((name, self._read(name)))
                except FileNotFoundError:  # withdrawn
                    continue
                except (OSError, StoreError) as error:
                    self.refuse(name, str(error))
        return requests

    def _path(self, name: str) -> Path:
        return self._run_dir / INBOX / name if _is_request(name) else self._run_dir / name

    def _read(self, name: str) -> Request:
        if not _is_request(name):
            stopped = _STOP.fullmatch(name)
            who = f"file {name}"
            return Request(RequestKind.STOP, who, int(stopped[1])) if stopped else Request(_FILES[name], who)
        with open_regular(self._path(name)) as file:
            return _parsed(file.read(LONGEST + 1))


def _entries(folder: Path, ours: Callable[[str], bool]) -> list[tuple[int, str]]:
    """Return time of arrival and name of the files that are requests."""
    found: list[tuple[int, str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if ours(entry.name) and entry.is_file(follow_symlinks=False):
                    found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.name))
    except FileNotFoundError:  # there is no inbox, or a request was withdrawn: look again later
        return found
    return found


def _is_request(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")


def _is_file_of_ours(name: str) -> bool:
    return name in _FILES or _STOP.fullmatch(name) is not None


def _parsed(data: bytes) -> Request:
    example = '{"what": "stop", "who": "me", "opt": 3}'
    if len(data) > LONGEST:
        raise StoreError(f"it is longer than {LONGEST} bytes; write something like {example}")
    try:
        request = Request(**json.loads(data))
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"it is no request ({error}); write something like {example}") from None
    texts = isinstance(request.what, str) and isinstance(request.who, str)
    numbers = all(type(number) is int and abs(number) < 2**31 for number in (request.opt, request.amount))
    if not (texts and numbers):
        raise StoreError(f"it is no request: what and who are texts, opt and amount whole numbers, as in {example}")
    if not (isinstance(request.x, list | tuple) and all(type(value) in (int, float) for value in request.x)):
        raise StoreError('it is no request: x is a list of numbers, as in {"what": "inject", "who": "me", "x": [0.5]}')
    return replace(request, x=_floats(request.x))


def _floats(values: Sequence[float]) -> tuple[float, ...]:
    try:
        return tuple(map(float, values))
    except OverflowError:
        raise StoreError("it is no request: a number in x has more than 308 digits; give those of a point") from None


def _reason(path: Path) -> Path:
    return path.with_name(f"{path.name}.reason.txt")
