"""The right to write to a run directory: held by one process at a time, taken over from a dead one.

``lease/`` holds one file per holder, numbered from 1; **the holder is the highest number**. To take the lease means
to create the next number, and exactly one process can: the file is written under a name of its own and then linked to
the contested name, which is atomic and exclusive on every POSIX file system and on NFS (where ``O_EXCL`` alone was
not, and where a link whose answer got lost is known by its link count). So a file is complete when it appears, and
several processes that find the same dead holder compete for the same number.

Why not one file that is replaced: between reading "dead" and replacing, another process may have taken over, and a
late heartbeat of a holder that was only thought dead would overwrite its successor. Here both touch a number of their
own. Why not ``flock``: many parallel file systems are mounted without it, or with one that sees its own machine only.

The one gap of "look, then create the next number" is a process that looked, was suspended, and continued after its
number had come, gone and been cleaned up. But the process that cleans up holds a higher number by then, and the
highest number never goes away (a released lease stays as a file that says so). So after creating its number a process
looks once more: it has won if there is none above.

**Whether a holder lives.** On this machine, by process id and start time: at once and for certain. On another machine
only by its heartbeat, the time stamp of its file, which it renews every few seconds. The stamp is compared with that
of a file written now, both given by the same file system, so the clocks of two machines need not agree. A holder that
was suspended for longer than that can be taken for dead; :meth:`Lease.verify` tells it so, and the journal refuses to
append behind another writer's bytes.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from glompo.errors import LeaseHeldError, StoreError
from glompo.storage.disk import refusal, write_file
from glompo.storage.files import read_regular
from glompo.storage.lease_state import (
    LONGEST,
    STALE_SECONDS,
    directory_identity,
    host_name,
    machine_identity,
    process_lives,
    start_time,
)

BEAT_SECONDS = 5.0
"""Shortest time between two heartbeats."""

logger = logging.getLogger("glompo.storage")

_GIVEN_BACK: set[str] = set()
"""Tokens of leases that this process no longer holds, although the disk refused to let the files say so."""

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds, or held, the lease.

    Attributes
    ----------
    host : str
        Name of the machine, for people.
    machine : str
        Identity of machine and boot.
    pid : int
        Process.
    started : str
        Start of the process; ids are reused.
    token : str
        Random name of this holding.
    since : str
        Date and time of the taking (UTC, ISO 8601).
    released : bool
        Whether it was given back.
    directory : list of str and int
        Path and inode of the run directory, by which readers know a copy; empty for a lease of an earlier version.
    """

    host: str
    machine: str
    pid: int
    started: str
    token: str
    since: str
    released: bool = False
    directory: list[str | int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file: its number, what it says (None if it is damaged), its last heartbeat on the file system's clock."""

    number: int
    holder: Holder | None
    beaten_at: float


class Lease:
    """The right of this process to write to a run directory; taken by :meth:`acquire`."""

    def __init__(self, folder: Path, number: int, holder: Holder) -> None:
        self._folder = folder
        self._number = number
        self._holder = holder
        self._beaten: float | None = None

    @classmethod
    def acquire(cls, run_dir: Path) -> Self:
        """Take the lease if it is free or its holder is dead.

        Raises
        ------
        LeaseHeldError
            If another process, or this one, holds it; the message names it and says what to do.
        StoreError
            If the files cannot be written.
        """
        folder = run_dir / "lease"
        holder = _this_process(run_dir)
        with _claim(folder, holder) as claim:
            number = _take(folder, claim)
            for older in _numbers(folder):
                if older < number:
                    with suppress(OSError):  # the highest number counts, whatever else lies there
                        _path(folder, older).unlink(missing_ok=True)
        return cls(folder, number, holder)

    @property
    def holder(self) -> Holder:
        """Describe this process as the lease does."""
        return self._holder

    def beat(self, now: float) -> None:
        """Show that this process lives; does something at most every ``BEAT_SECONDS``.

        Parameters
        ----------
        now : float
            Seconds on a clock that never goes back.

        Raises
        ------
        LeaseHeldError
            If another process has taken over: this one must not write any more.
        StoreError
            If the file cannot be written.
        """
        if self._beaten is not None and now - self._beaten < BEAT_SECONDS:
            return
        self.verify()  # first: a heartbeat must not revive a lease that another process has taken over
        path = _path(self._folder, self._number)
        try:
            os.utime(path)  # "now" by the clock of the file system, also on NFS
        except FileNotFoundError:
            self.verify()
        except OSError as error:
            raise refusal("renew", path, error, "then resume the run") from error
        self._beaten = now

    def verify(self) -> None:
        """Make sure that this process still holds the lease; take it again if the files were deleted.

        Raises
        ------
        LeaseHeldError
            If another process has taken over: this one must not write any more.
        """
        newest = _newest(self._folder)
        if newest is None:
            with _claim(self._folder, self._holder) as claim:
                _link(claim, _path(self._folder, self._number))
            newest = _newest(self._folder)
        if newest is None or newest.holder != self._holder:
            raise LeaseHeldError(
                f"this process no longer holds the lease of {self._folder.parent}: {_name(newest)} took it over. "
                f"Nothing more may be written from here; let that process go on"
            )

    def release(self) -> None:
        """Give the lease back; does nothing if another process has taken over or the files were deleted.

        What the disk refuses is logged: this process no longer holds the lease all the same, and may take it again.
        """
        path, over = _path(self._folder, self._number), replace(self._holder, released=True)
        try:
            if _read(path) != self._holder:
                return
            try:
                with _claim(self._folder, over) as claim:
                    claim.replace(path)
            except StoreError:
                _overwrite(path, _said(over))  # a full disk still takes what needs no new space
        except FileNotFoundError:
            return
        except OSError as error:
            _GIVEN_BACK.add(self._holder.token)
            logger.warning("cannot give the lease %s back: %s; it ends with this process", path, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _take(folder: Path, claim: Path) -> int:
    """Create the next number from `claim` and return it, or raise, naming the holder."""
    while True:  # each turn but the last means that another process got ahead
        newest = _newest(folder)
        age = claim.stat().st_mtime - newest.beaten_at if newest else 0.0
        if newest and _lives(newest, age):
            raise _held(folder, newest, age)
        number = newest.number + 1 if newest else 1
        if not _link(claim, _path(folder, number)):
            continue
        # This process may have been suspended since it looked: its number came, went and was cleaned up meanwhile. The
        # process that cleaned up holds a higher number, which never goes away: so look once more.
        if max(_numbers(folder), default=0) == number:
            return number
        _path(folder, number).unlink(missing_ok=True)


def _lives(entry: _Entry, age: float) -> bool:
    holder = entry.holder
    if holder is not None and holder.released:
        return False
    if holder is None or holder.machine != machine_identity():
        return age < STALE_SECONDS
    if holder.token in _GIVEN_BACK:
        return False
    return process_lives(holder.pid, holder.started)


def _held(folder: Path, entry: _Entry, age: float) -> LeaseHeldError:
    holder = entry.holder
    if holder is not None and holder.machine == machine_identity() and holder.pid == os.getpid():
        remedy = "this process itself works on it in another session: wait for that, or ask it to leave"
    elif holder is not None and holder.machine == machine_identity():
        remedy = f"wait for it or end it (kill {holder.pid})"
    else:
        remedy = f"wait for it or end it there; if it is dead, try again in {STALE_SECONDS - age:.0f} s"
    return LeaseHeldError(
        f"{_name(entry)} is writing to {folder.parent}; last sign of life {max(age, 0.0):.0f} s ago. One run has one "
        f"writer: {remedy}. If you know better, delete {folder} and try again"
    )


def _name(entry: _Entry | None) -> str:
    if entry is None or entry.holder is None:
        return "an unknown process"
    holder = entry.holder
    return f"process {holder.pid} on {holder.host} (since {holder.since})"


def _this_process(run_dir: Path) -> Holder:
    pid = os.getpid()
    return Holder(
        host=host_name(),
        machine=machine_identity(),
        pid=pid,
        started=start_time(pid),
        token=secrets.token_hex(8),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        directory=list(directory_identity(run_dir)) if run_dir.is_dir() else [],
    )


@contextmanager
def _claim(folder: Path, holder: Holder) -> Iterator[Path]:
    """Write what the lease is to say under a name that no other process uses."""
    path = folder / f"claim.{holder.token}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(path, _said(holder))
        yield path
    except OSError as error:
        raise refusal("take the lease in", folder, error, "then start again") from error
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _said(holder: Holder) -> bytes:
    return json.dumps(asdict(holder), indent=1).encode()


def _overwrite(path: Path, data: bytes) -> None:
    """Write `data` over a file that is not shorter, filled up with blanks, without asking the disk for space."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(fd, data.ljust(os.fstat(fd).st_size), 0)
        os.fsync(fd)
    finally:
        os.close(fd)


def _link(claim: Path, path: Path) -> bool:
    """Give the claim the contested name; False if another process has it."""
    try:
        os.link(claim, path)
    except FileExistsError:
        return claim.stat().st_nlink > 1  # NFS: done, but the answer was lost and the request repeated
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _create(path, claim.read_bytes())
    return True


def _create(path: Path, data: bytes) -> bool:
    """Do what :func:`_link` does on a file system without links; others may see the file empty for an instant."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        return False
    return True


def _newest(folder: Path) -> _Entry | None:
    while numbers := _numbers(folder):
        path = _path(folder, max(numbers))
        with suppress(FileNotFoundError):  # cleaned up by its successor: look again
            return _Entry(max(numbers), _read(path), path.stat().st_mtime)
    return None


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(name) for name in os.listdir(folder) if name.isdecimal()]
    except FileNotFoundError:
        return []


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}"


def _read(path: Path) -> Holder | None:
    """Return what the file says; None if it is damaged, as after a power failure."""
    try:
        holder = Holder(**json.loads(read_regular(path, LONGEST)))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return holder if isinstance(holder.pid, int) and 0 < holder.pid < 2**31 else None
