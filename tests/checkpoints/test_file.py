"""A checkpoint file holds a run, and loading one that was tampered with does no harm."""

import json
import os
import stat
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glompo
from glompo import CheckpointingControl, GloMPOManager, StoreError
from glompo.errors import RunExistsError
from glompo.events import CheckpointClosed, Loaded
from glompo.optimizers import CMAOptimizer, RandomSampling
from glompo.storage.checkpoint_file import FORMAT, MANIFEST, is_checkpoint, reading
from glompo.storage.checkpoint_unpack import unpack

from .paths import BOX, those


def sphere(x):
    return float(x @ x)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return a checkpoint with two saved states."""
    folder = tmp_path_factory.mktemp("made")
    glompo.minimize(
        sphere, BOX, optimizers=[CMAOptimizer, RandomSampling], max_evaluations=120, max_jobs=2, rng=1, stoppers=(),
        deterministic=True, working_dir=folder / "run", save_states_every=20,
        checkpoint_control=CheckpointingControl(checkpoint_at_conv=True, checkpointing_dir=folder, naming_format="one"),
    )  # fmt: skip
    return folder / "one.zip"


def contents(run_dir):
    return {
        str(path.relative_to(run_dir)): path.read_bytes()
        for path in sorted(Path(run_dir).rglob("*"))
        if path.is_file() and path.parent.name != "journal"
    } | {"events": [event for event in those(run_dir, object) if not isinstance(event, Loaded)]}


def test_the_manifest_comes_first_and_names_everything_with_its_hash(file):
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read(MANIFEST))
        assert names[0] == MANIFEST
        assert names[1:] == [member["name"] for member in manifest["members"]]
        for member in manifest["members"]:
            data = archive.read(member["name"])
            assert (len(data), sha256(data).hexdigest()) == (member["size"], member["sha256"])
    assert manifest["format"] == FORMAT
    assert manifest["evaluations"] == 120
    assert {"glompo", "numpy", "python"} <= manifest["versions"].keys()
    assert {"run.toml", "settings.pkl", "task.pkl", "journal/000001.seg"} <= set(names)
    assert sum(name.startswith("blobs/") for name in names) == 2


def test_unpacking_gives_the_run_and_records_where_it_came_from(file, tmp_path):
    unpack(file, tmp_path / "new")
    assert those(tmp_path / "new", Loaded)[0].path == str(file)
    assert not (tmp_path / "new" / ".unpacking").exists()
    with pytest.raises(RunExistsError, match="holds a run already"):
        unpack(file, tmp_path / "new")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changing_any_byte_is_refused_or_changes_nothing(file, tmp_path_factory, data):
    whole = file.read_bytes()
    tail = len(whole) - 3000  # the directory of the archive, where most of its meaning is
    places = st.integers(0, len(whole) - 1) | st.integers(tail, len(whole) - 1) | st.integers(0, 3000)
    damaged = bytearray(whole)
    for place in data.draw(st.lists(places, min_size=1, max_size=3)):
        damaged[place] = data.draw(st.integers(0, 255))
    assert_harmless(bytes(damaged), file, tmp_path_factory.mktemp("damaged"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_cutting_it_anywhere_is_refused(file, tmp_path_factory, data):
    whole = file.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1) | st.integers(len(whole) - 200, len(whole) - 1))
    folder = tmp_path_factory.mktemp("cut")
    (folder / "cut.zip").write_bytes(whole[:cut])
    with pytest.raises(StoreError):
        unpack(folder / "cut.zip", folder / "new")
    assert not (folder / "new").exists()


def assert_harmless(data, file, folder):
    (folder / "file.zip").write_bytes(data)
    refused = ""
    try:
        unpack(folder / "file.zip", folder / "new")
    except StoreError as error:
        refused = str(error)
    if refused:
        assert str(folder) in refused
        assert sorted(path.name for path in folder.iterdir()) == ["file.zip"]
        return
    if not (file.parent / "untouched").exists():
        unpack(file, file.parent / "untouched")
    one, other = contents(folder / "new"), contents(file.parent / "untouched")
    manifests = [json.loads(found.pop(MANIFEST)) for found in (one, other)]
    assert one == other
    assert manifests[0]["members"] == manifests[1]["members"]


def rewritten(file, target, change=lambda manifest: None, members=None, more=()):
    """Write a copy with another manifest, other contents, and more entries (name or ZipInfo, bytes)."""
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(archive.read(MANIFEST))
        change(manifest)
        new.writestr(MANIFEST, json.dumps(manifest))
        for name in archive.namelist()[1:]:
            new.writestr(name, (members or {}).get(name, archive.read(name)))
        for entry, data in more:
            new.writestr(entry, data)
    return target


def named(manifest, name, data):
    manifest["members"].append({"name": name, "size": len(data), "sha256": sha256(data).hexdigest()})


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "journal/../../evil",
        "blobs/../evil",
        "evil.py",
        "journal/1.seg",
        "C:\\evil",
        "inbox/stop",
    ],
)
def test_a_member_that_is_no_file_of_a_run_is_refused_even_if_the_manifest_names_it(file, tmp_path, name):
    bad = rewritten(file, tmp_path / "bad.zip", lambda manifest: named(manifest, name, b"x"), more=[(name, b"x")])
    with pytest.raises(StoreError, match="is no file of a run"):
        unpack(bad, tmp_path / "below" / "new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["bad.zip", "below"] or sorted(
        path.name for path in tmp_path.rglob("*")
    ) == ["bad.zip"]


def link():
    info = zipfile.ZipInfo("config.toml".replace("config", "run"))
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_a_link_is_refused(file, tmp_path):
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(tmp_path / "bad.zip", "w") as new:
        for name in archive.namelist():
            new.writestr(link() if name == "run.toml" else name, archive.read(name))
    with pytest.raises(StoreError, match="is a folder or a link"):
        unpack(tmp_path / "bad.zip", tmp_path / "new")


def test_a_bomb_is_refused_before_it_is_unpacked(file, tmp_path):
    zeros = bytes(50_000_000)
    info = zipfile.ZipInfo("task.saved")
    info.compress_type = zipfile.ZIP_DEFLATED
    bad = rewritten(file, tmp_path / "bad.zip", lambda m: named(m, "task.saved", zeros), more=[(info, zeros)])
    assert bad.stat().st_size < 10_000_000
    with pytest.raises(StoreError, match="is compressed, which no checkpoint is"):
        unpack(bad, tmp_path / "new")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format=FORMAT + 1, surprise="new"), "written by a newer one; install that"),
        (lambda m: m.update(format="1"), "Expected `int`"),
        (lambda m: m.update(surprise=1), "unknown field"),
        (lambda m: m.pop("run_id"), "missing required field"),
        (lambda m: m["members"].pop(), "are not those that its manifest names"),
        (lambda m: named(m, "task.saved", b""), "are not those that its manifest names"),
        (lambda m: m["members"][0].update(size=3), "bytes, not 3"),
        (lambda m: m["members"][0].update(sha256="0" * 64), "is not what was written"),
        (lambda m: m.update(segment=2), "its journal is not segments 1 to 2"),
        (lambda m: m.update(segment=10**12), "its journal is not segments"),
        (lambda m: m.update(offset=17), "does not end at byte 17"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_with_the_reason(file, tmp_path, change, message):
    with pytest.raises(StoreError, match=message):
        unpack(rewritten(file, tmp_path / "bad.zip", change), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_other_content_under_the_same_name_is_refused_and_never_unpickled(file, tmp_path):
    evil = b"cos\nsystem\n(S'touch " + os.fsencode(tmp_path / "executed") + b"'\ntR."
    with reading(file) as one:
        size = next(member.size for member in one.manifest.members if member.name == "settings.pkl")
    bad = rewritten(file, tmp_path / "bad.zip", members={"settings.pkl": evil.ljust(size, b"#")})
    with pytest.raises(StoreError, match=r"settings.pkl is not what was written"):
        GloMPOManager.load_manager(bad, working_dir=tmp_path / "new")
    assert not (tmp_path / "executed").exists()
    assert not (tmp_path / "new").exists()


def test_settings_that_were_changed_after_unpacking_are_not_unpickled(file, tmp_path):
    unpack(file, tmp_path / "new")
    (tmp_path / "new" / "settings.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(StoreError, match="is not what came out of the checkpoint"):
        GloMPOManager.load_manager(tmp_path / "new")


def test_a_name_that_occurs_twice_is_refused(file, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        bad = rewritten(file, tmp_path / "bad.zip", more=[("run.toml", b"")])
    with pytest.raises(StoreError, match="a name occurs twice"):
        unpack(bad, tmp_path / "new")


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all" * 100])
def test_what_is_no_archive_is_refused(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(StoreError, match="damaged or no checkpoint of GloMPO"):
        unpack(tmp_path / "file", tmp_path / "new")


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"cannot load .*: No such file"):
        unpack(tmp_path / "file", tmp_path / "new")


def test_a_checkpoint_is_recognised_by_its_content(file, tmp_path):
    assert is_checkpoint(file)
    assert not is_checkpoint(tmp_path)
    assert not is_checkpoint(Path(__file__))


def test_a_checkpoint_is_in_the_journal_with_its_place(file):
    (closed,) = those(file.parent / "run", CheckpointClosed)
    assert (closed.n, closed.outcome, closed.path) == (1, "complete", str(file))
