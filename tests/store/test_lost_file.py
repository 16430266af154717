"""A database file that is deleted or replaced while open: writing stops with a clear error."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from support.stores import at, laid_out, lay_out, result

from amt_console.clock import FakeClock
from amt_console.store import DatabaseLost, Store

pytestmark = pytest.mark.slow


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(make_url(sqlite_url).database or "")


@pytest.fixture
def store(path: Path, clock: FakeClock) -> Iterator[Store]:
    with Store.open(laid_out(path), clock=clock) as opened:
        add(opened, 0)
        yield opened


def add(store: Store, seconds: float) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=seconds)])


def count(store: Store) -> int:
    with store.read() as reads:
        return len(reads.services.results(service=None, start=at(-1), end=at(999), limit=99))


def replace(path: Path) -> None:
    """What ``cp`` of a backup, ``mv`` or an editor do: another file takes the name."""
    other = path.with_name("other.db")
    lay_out(other)
    other.replace(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def empty(path: Path) -> None:
    path.unlink()
    path.touch()


def folder(path: Path) -> None:
    shutil.rmtree(path.parent)


ways = pytest.mark.parametrize(
    ("lose", "words"),
    [(Path.unlink, "was deleted"), (folder, "was deleted"), (replace, "was replaced"), (empty, "was replaced")],
    ids=["deleted", "with its folder", "replaced", "emptied"],
)


@ways
def test_nothing_is_written_into_what_took_the_place(
    store: Store, path: Path, lose: Callable[[Path], None], words: str
) -> None:
    assert store.lost() is None
    assert count(store) == 1
    lose(path)
    before = {each.name: each.read_bytes() for each in path.parent.glob("*") if each.is_file()}
    assert words in (store.lost() or "")
    for write in (lambda: add(store, 60), store.checkpoint, store.optimize, lambda: store.give_back(1)):
        with pytest.raises(DatabaseLost, match=words):
            write()
    assert count(store) == 1, "what was open can still be read"
    store.close()
    assert {each.name: each.read_bytes() for each in path.parent.glob("*") if each.is_file()} == before


@ways
def test_no_connection_is_made_to_what_took_the_place(
    store: Store, path: Path, lose: Callable[[Path], None], words: str
) -> None:
    with store.read():  # takes the reading connection that there is
        lose(path)
        with pytest.raises(DatabaseLost, match=words):
            count(store)


def test_a_file_that_comes_back_is_written_again(store: Store, path: Path) -> None:
    away = path.with_name("away.db")
    path.rename(away)
    with pytest.raises(DatabaseLost):
        add(store, 60)
    away.rename(path)
    add(store, 60)
    assert count(store) == 2


def test_a_link_to_the_file_is_followed(store: Store, path: Path) -> None:
    elsewhere = path.with_name("elsewhere.db")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    add(store, 60)
    path.unlink()
    path.symlink_to("nowhere.db")
    with pytest.raises(DatabaseLost, match="was deleted"):
        add(store, 120)
