"""A database on a network file system is refused before anything is written there, unless its URL accepts it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.stores import result

from amt_console.clock import FakeClock
from amt_console.store import Store, StoreUnavailable, take_lease
from amt_console.store.engines import network_disk
from amt_console.store.engines.network_disk import MountedFileSystem, mount_of, mounts
from amt_console.store.upkeep.copying import copy_store

ROOT = MountedFileSystem(Path("/"), "ext4", "/dev/sda1")


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the mount table calls a network file system."""
    folder = tmp_path / "share"
    folder.mkdir()
    table = [ROOT, MountedFileSystem(folder, "nfs4", "server:/export")]
    monkeypatch.setattr(network_disk, "mounts", lambda: table)
    return folder


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs"])
def test_network_file_systems_are_known(kind: str) -> None:
    assert MountedFileSystem(Path("/mnt"), kind, "x").network


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "apfs", "fuse.ntfs-3g"])
def test_local_file_systems_are_not_taken_for_them(kind: str) -> None:
    assert not MountedFileSystem(Path("/mnt"), kind, "x").network


def test_the_deepest_and_newest_mount_counts(tmp_path: Path) -> None:
    outer, inner = tmp_path / "a", tmp_path / "a" / "b"
    table = [
        ROOT,
        MountedFileSystem(inner, "autofs", "map"),
        MountedFileSystem(outer, "xfs", "disk"),
        MountedFileSystem(inner, "nfs", "server:/b"),
        MountedFileSystem(tmp_path / "a" / "bc", "cifs", "//server/bc"),
    ]
    found = {name: mount_of(tmp_path / name, table) for name in ("m.db", "a/m.db", "a/b/c/m.db", "a/bcd/m.db")}
    assert {name: each.kind for name, each in found.items() if each is not None} == {
        "m.db": "ext4",
        "a/m.db": "xfs",
        "a/b/c/m.db": "nfs",
        "a/bcd/m.db": "xfs",
    }
    assert mount_of(tmp_path / "m.db", []) is None


def test_a_link_leads_to_where_the_file_is(share: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(share)
    found = mount_of(tmp_path / "link" / "monitoring.db")
    assert found is not None
    assert found.kind == "nfs4"


def test_the_table_of_this_process_is_read() -> None:
    assert any(each.point == Path("/") for each in mounts())
    assert mount_of(Path(__file__)) is not None


def test_writing_is_refused_and_nothing_is_left_behind(share: Path, clock: FakeClock) -> None:
    url = f"sqlite:///{share / 'new' / 'monitoring.db'}"
    for attempt in (lambda: Store.open(url, clock=clock), lambda: take_lease(url, clock=clock)):
        with pytest.raises(StoreUnavailable, match=r"lies on a network file system, nfs4 \(server:/export at "):
            attempt()
    assert list(share.iterdir()) == []


def test_who_accepts_it_in_the_url_may(share: Path, clock: FakeClock) -> None:
    url = f"sqlite:///{share / 'monitoring.db'}?network=allowed"
    lease = take_lease(url, clock=clock)
    assert lease is not None
    with lease, Store.open(url, clock=clock) as store, store.transaction() as writes:
        writes.add_results([result()])
    assert (share / "monitoring.db").is_file()
    with pytest.raises(StoreUnavailable, match="network file system"):
        Store.open(url.replace("allowed", "maybe"), clock=clock)


@pytest.mark.slow
def test_it_can_be_read_and_moved_away(share: Path, tmp_path: Path, clock: FakeClock) -> None:
    url, local = f"sqlite:///{share / 'monitoring.db'}", f"sqlite:///{tmp_path / 'local.db'}"
    with Store.open(f"{url}?network=allowed", clock=clock) as store, store.transaction() as writes:
        writes.add_results([result()])
    with Store.open(url, clock=clock, read_only=True) as store, store.read() as reads:
        assert list(reads.services.statuses()) == ["api"]
    assert {each.name: each.rows for each in copy_store(url, local, clock=clock)}["monitoring_logs"] == 1
