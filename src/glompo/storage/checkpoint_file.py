"""One file that is a run: a beginning of its journal, the saved states that belong to it, and what else was given.

It is a ZIP archive without compression. The first member, ``manifest.json``, names all others with their sizes and
SHA-256. Reading trusts nothing: names other than those of a run, links, sizes that do not fit, content that is not
what the manifest says, and formats of later versions are refused, each with its reason; so no file outside the
directory is ever written, and no archive unpacks to more than its own size. Nothing is unpickled here.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from glompo.errors import StoreError
from glompo.storage.disk import sync_folder
from glompo.storage.files import drafted, open_regular

FORMAT = 1
"""Version of the format; it rises when an older version of the library could not read a file."""

MANIFEST = "manifest.json"
"""First member: what the file is, and what is in it."""

MOST_MANIFEST = 16 * 2**20
"""Bytes of the largest manifest that is read."""

CHUNK = 2**20
"""Bytes that are copied at a time."""

_NAMES = re.compile(
    r"run\.toml|configuration\.toml|settings\.pkl|task\.pkl|task\.saved|journal/\d{6}\.seg|blobs/([0-9a-f]{2})/\1[0-9a-f]{62}"
)
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError,
    LookupError, OverflowError, RecursionError, msgspec.MsgspecError,
)  # fmt: skip


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file in a checkpoint: its name, size in bytes, and SHA-256."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a checkpoint file says about itself.

    Attributes
    ----------
    format : int
        Version of the format.
    versions : dict
        Of the library and of those that it used.
    run_id, date : str
        Identity of the run, and when the file was written.
    number : int
        Number of the checkpoint in its run.
    segment, offset : int
        Where its journal ends.
    run_time : float
        Seconds of run time at that place.
    evaluations : int
        Calls of the task up to it.
    left_out : list of str
        Settings that could not be saved.
    members : list of Member
        All other files, in order.
    """

    format: int
    versions: dict[str, str]
    run_id: str
    date: str
    number: int
    segment: int
    offset: int
    run_time: float
    evaluations: int
    left_out: list[str]
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the content of one member comes from: the first `size` bytes of a file (all if None), or bytes."""

    source: Path | bytes
    size: int | None = None


@dataclass(slots=True)
class Hashes:
    """SHA-256 of pieces that never change, so that a long journal is not read twice for each checkpoint."""

    known: dict[tuple[Path, int], str] = field(default_factory=dict)

    def of(self, piece: Piece) -> tuple[int, str]:
        """Return size and SHA-256 of a piece."""
        if isinstance(piece.source, bytes):
            return len(piece.source), sha256(piece.source).hexdigest()
        size = piece.source.stat().st_size if piece.size is None else piece.size
        key = (piece.source, size)
        if key not in self.known:
            digest = sha256()
            for chunk in _chunks(piece, size):
                digest.update(chunk)
            self.known[key] = digest.hexdigest()
        return size, self.known[key]


def write_checkpoint(target: Path, facts: Mapping[str, Any], pieces: Mapping[str, Piece], hashes: Hashes) -> None:
    """Write a checkpoint file; it appears under its name when all of it is on the disk, or not at all.

    Parameters
    ----------
    target : Path
        The file.
    facts : mapping
        Fields of the manifest, without format and members.
    pieces : mapping of str to Piece
        Its members by name.
    hashes : Hashes
        Kept from one checkpoint of a run to the next.

    Raises
    ------
    StoreError
        If the system refuses.
    """
    try:
        sizes = {name: hashes.of(piece) for name, piece in pieces.items()}
        members = [Member(name, *found) for name, found in sizes.items()]
        manifest = Manifest(format=FORMAT, members=members, **facts)
        with drafted(target) as draft, draft.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(zipfile.ZipInfo(MANIFEST), msgspec.json.format(msgspec.json.encode(manifest)))
                for name, piece in pieces.items():
                    _add(archive, name, piece, sizes[name][0])
            file.flush()
            os.fsync(file.fileno())
        sync_folder(target.parent)
    except OSError as error:
        why = error.strerror or str(error)
        raise StoreError(f"cannot write {target}: {why}; free space on that disk, or choose another place") from error


def _add(archive: zipfile.ZipFile, name: str, piece: Piece, size: int) -> None:
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=size > 2**31) as member:
        for chunk in _chunks(piece, size):
            member.write(chunk)


def _chunks(piece: Piece, size: int) -> Iterator[bytes]:
    if isinstance(piece.source, bytes):
        yield piece.source
        return
    with open_regular(piece.source) as file:
        while size > 0:
            chunk = file.read(min(size, CHUNK))
            if not chunk:
                raise OSError(f"{piece.source} has become shorter")
            size -= len(chunk)
            yield chunk


class CheckpointFile:
    """A checkpoint file, open for reading; made by :func:`reading`.

    Attributes
    ----------
    path : Path
        The file.
    manifest : Manifest
        What it says about itself.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile, size: int) -> None:
        self.path = path
        self._archive = archive
        self._infos = {info.filename: info for info in archive.infolist()}
        if len(self._infos) != len(archive.infolist()):
            raise _refused(path, "a name occurs twice")
        for info in archive.infolist():
            _check_entry(path, info)
        if sum(info.file_size for info in archive.infolist()) > size:
            raise _refused(path, "its members claim to be larger than the file")
        self.manifest = self._read_manifest()
        self._check_members()

    def copy(self, name: str, target: Path) -> None:
        """Write a member to the file `target`, whose content is then on the disk and what the manifest says."""
        member = next(one for one in self.manifest.members if one.name == name)
        digest = sha256()
        with target.open("wb") as file:
            for chunk in self._content(name):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != member.sha256:
            raise _refused(self.path, f"{name} is not what was written (its SHA-256 differs)")

    def _content(self, name: str) -> Iterator[bytes]:
        with self._archive.open(self._infos[name]) as source:
            while chunk := source.read(CHUNK):
                yield chunk

    def _read_manifest(self) -> Manifest:
        info = self._infos.get(MANIFEST)
        if info is None:
            raise _refused(self.path, f"it has no {MANIFEST}")
        if info.file_size > MOST_MANIFEST:
            raise _refused(self.path, f"its {MANIFEST} has {info.file_size} bytes")
        data = b"".join(self._content(MANIFEST))
        found = msgspec.json.decode(data)
        version = found.get("format") if isinstance(found, dict) else None
        if type(version) is int and version > FORMAT:
            raise StoreError(
                f"{self.path} has format {version}, and this version of the library knows {FORMAT}: it was written by "
                "a newer one; install that"
            )
        return msgspec.json.decode(data, type=Manifest)

    def _check_members(self) -> None:
        named = {member.name: member for member in self.manifest.members}
        if len(named) != len(self.manifest.members) or {*named, MANIFEST} != set(self._infos):
            raise _refused(self.path, "its members are not those that its manifest names")
        for name, member in named.items():
            if not _NAMES.fullmatch(name):
                raise _refused(self.path, f"{name!r} is no file of a run")
            if member.size != self._infos[name].file_size:
                raise _refused(self.path, f"{name} has {self._infos[name].file_size} bytes, not {member.size}")
            if name.startswith("blobs/") and not name.endswith(member.sha256):
                raise _refused(self.path, f"{name} is not named after its content")
        last = self.manifest.segment
        segments = [f"journal/{number:06d}.seg" for number in range(1, min(last, len(named)) + 1)]
        if len(segments) != last or segments != [name for name in named if name.startswith("journal/")]:
            raise _refused(self.path, f"its journal is not segments 1 to {last}")
        if named[segments[-1]].size != self.manifest.offset:
            raise _refused(self.path, f"its journal does not end at byte {self.manifest.offset}")


@contextmanager
def reading(path: Path) -> Iterator[CheckpointFile]:
    """Open a checkpoint file.

    Raises StoreError, also while its members are read, if it is none, is damaged, holds something that does not belong
    there, or was written by a newer version.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            yield CheckpointFile(path, archive, file.seek(0, os.SEEK_END))
    except StoreError:
        raise
    except _DAMAGES as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise StoreError(f"cannot load {path}: {error.strerror}") from error
        raise _refused(path, f"{type(error).__name__}: {error}") from error


def is_checkpoint(path: Path) -> bool:
    """Return whether `path` looks like a checkpoint file: a file, and a ZIP archive or what is left of one."""
    try:
        with open_regular(path) as file:
            return file.read(2) == b"PK" or zipfile.is_zipfile(file)
    except OSError:
        return False


def _check_entry(path: Path, info: zipfile.ZipInfo) -> None:
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise _refused(path, f"{info.filename!r} is compressed, which no checkpoint is")
    if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(path, f"{info.filename!r} is a folder or a link")
    if info.filename != MANIFEST and not _NAMES.fullmatch(info.filename):
        raise _refused(path, f"{info.filename!r} is no file of a run")


def _refused(path: Path, why: str) -> StoreError:
    return StoreError(f"{path} is damaged or no checkpoint of GloMPO: {why}; nothing was loaded, take another one")
