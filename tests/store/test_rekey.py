"""``db rekey``: everything is encrypted with another key, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from support import template_process
from support.encrypted_rows import fill, spoil
from support.stores import at, episode

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import EpisodeChange
from amt_console.model.notifications import DeliveryState, NoticeKind, OutboxEntry
from amt_console.store import (
    DeliveryMark,
    Keyring,
    Store,
    claim_messages,
    deliveries,
    keyring_of,
    link_key,
    mark_messages,
    record,
)
from amt_console.store.encryption.column import Encrypted, EncryptedCell, Sealed
from amt_console.store.encryption.key_source import KEY_FILE, KeyFile, key_file_of
from amt_console.store.encryption.keyring import DataKey, Unavailable
from amt_console.store.upkeep.catalogue import all_tables
from amt_console.store.upkeep.encrypted_places import PLACES
from amt_console.store.upkeep.locked_values import Locked, locked_values
from amt_console.store.upkeep.rekey import CHANGED, Rekeyed, left, rekey

OLD, NEW, OTHER = DataKey.new(), DataKey.new(), DataKey.new()
CELL = EncryptedCell("alert_answers", "answer", "1")


def opened(url: str, clock: FakeClock, *keys: DataKey) -> Store:
    return Store.open(url, clock=clock, keys=Keyring(keys[0], keys[1:]))


def run(store: Store) -> Rekeyed:
    found = Rekeyed()
    for _ in rekey(store, found=found):
        pass
    return found


def values(store: Store) -> list[str]:
    """All of them, decrypted."""
    found = []
    with store.read() as reads:
        for place in PLACES:
            rows = reads._connection.execute(place.column.table.select().where(place.only)).mappings()
            found += [store.keys.open(place.cell(row), Sealed(row[place.column.name])) for row in rows]
    return found


def test_every_encrypted_column_is_known() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in all_tables()
        for column in table.columns
        if isinstance(column.type, Encrypted)
    }
    assert {place.name for place in PLACES} == columns | {"store_meta.content"}


def test_everything_can_be_read_with_the_new_key_alone(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, OLD) as store:
        count = fill(store)
        links = link_key(store)
    with opened(store_url, clock, NEW, OLD) as store:
        assert left(store, store.keys).total() == count
        found = run(store)
        assert (found.done.total(), found.lost.total()) == (count, 0)
        assert left(store, store.keys).total() == 0
        assert run(store).done.total() == 0
    with opened(store_url, clock, NEW) as store:
        assert values(store).count("the words") == count - 1
        assert link_key(store) == links
        with store.read() as reads:
            assert locked_values(reads) == ()


def test_many_rows_take_many_short_transactions(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, OLD) as store, store.transaction() as writes:
        entries = [
            OutboxEntry(channel="ops", receiver="ops", kind=NoticeKind.TEST, reason="r", created_at=at(i), text=f"m{i}",
                        dedup_key=f"key {i}")
            for i in range(250)
        ]  # fmt: skip
        writes.queue_once(entries)
    with opened(store_url, clock, NEW, OLD) as store:
        steps = [found.done.total() for found in rekey(store, found=Rekeyed())]
    assert len(steps) == 3
    assert steps[-1] == 250


def test_what_cannot_be_decrypted_is_named_and_left(store_url: str, clock: FakeClock) -> None:
    with opened(store_url, clock, OTHER) as store:
        count = fill(store)
        spoil(store, "heartbeats", "last_output", "what another program wrote")
    with opened(store_url, clock, NEW, OLD) as store:
        found = run(store)
    assert found.done.total() == 0
    assert found.lost["heartbeats.last_output", CHANGED] == 1
    assert found.lost["outbox.payload", OTHER.id] == 1
    assert found.lost.total() == count
    with opened(store_url, clock, NEW, OTHER) as store:
        assert run(store).done.total() == count - 1, "a key that is found later decrypts them"


def test_plain_values_are_encrypted(store_url: str, clock: FakeClock) -> None:
    with Store.open(store_url, clock=clock, keys=Keyring(encrypts=False)) as store:
        count = fill(store)
    with opened(store_url, clock, NEW) as store:
        assert run(store).done.total() == count
        assert values(store).count("the words") == count - 1


def test_messages_that_wait_and_their_errors_survive(store_url: str, clock: FakeClock) -> None:
    """Through the store's own writers and readers."""
    with opened(store_url, clock, OLD) as store:
        with store.transaction() as writes:
            writes.queue_once([
                OutboxEntry(channel="ops", receiver="ops", kind=NoticeKind.TEST, reason="r", created_at=at(0),
                            text="the secret of the house", dedup_key="one")
            ])  # fmt: skip
        with store.read() as reads:
            (delivery,) = deliveries(reads)
        with store.transaction() as writes:
            mark = DeliveryMark((delivery.id,), DeliveryState.QUEUED, at(0), "failed", "it said: no", next_at=at(1))
            mark_messages(writes, mark)
    with opened(store_url, clock, NEW, OLD) as store:
        assert run(store).done["delivery_attempts.error"] == 1
    with opened(store_url, clock, NEW) as store:
        with store.read() as reads:
            (delivery,) = deliveries(reads)
        assert [attempt.error for attempt in delivery.attempts] == ["it said: no"]
        clock.advance(60)
        with store.transaction() as writes:
            claim = claim_messages(writes, [delivery.id], holder="me", now=clock.now(), until=at(99))
        assert claim is not None
        assert claim.messages[0].text == "the secret of the house"
    with opened(store_url, clock, OTHER) as store, store.read() as reads:
        (delivery,) = deliveries(reads)
        assert f"the data key {NEW.id}, which is not here" in str(delivery.attempts[0].error)


@pytest.mark.slow
@pytest.mark.parametrize("statement", [4, 9, 16, 24])
def test_a_killed_run_is_continued(tmp_path: Path, clock: FakeClock, statement: int) -> None:
    url = f"sqlite:///{tmp_path / 'monitoring.db'}"
    with opened(url, clock, OLD) as store:
        count = fill(store)
    child = "from support import fault_child; fault_child.main()"
    done = template_process.run(
        [sys.executable, "-c", child, "rekey", url, NEW.text, OLD.text],
        env=os.environ | {"DIE_AT": str(statement)},
        timeout=120,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    with opened(url, clock, NEW, OLD) as store:
        assert values(store).count("the words") == count - 1, "half-way, everything can be read"
        rest = left(store, store.keys).total()
        assert 0 < rest <= count
        assert run(store).done.total() == rest
    with opened(url, clock, NEW) as store:
        assert values(store).count("the words") == count - 1


def file_ring(folder: Path) -> Keyring:
    return keyring_of(Settings.model_validate({}), env={"XDG_STATE_HOME": str(folder)})


def test_a_running_process_follows_a_new_key_of_the_key_file(tmp_path: Path) -> None:
    monitor = file_ring(tmp_path)
    before = monitor.seal(CELL, "before")
    mark = monitor.mark("audit", "row")
    old = monitor.current
    file = KeyFile(tmp_path / "amt-console" / KEY_FILE)
    key = file.rotate()
    after = monitor.seal(CELL, "after")
    assert monitor.current == key.id != old
    assert before is not None
    assert after is not None
    for ring in (monitor, file_ring(tmp_path)):
        assert [ring.open(CELL, each) for each in (before, after)] == ["before", "after"]
        assert ring.is_marked("audit", "row", str(mark)) is True
    reader = file_ring(tmp_path)
    file.rotate()
    newest = file_ring(tmp_path).seal(CELL, "newest")
    assert newest is not None
    assert reader.open(CELL, newest) == "newest", "a process that only reads follows as well"
    names = sorted(path.name for path in file.path.parent.iterdir())
    assert len(names) == 3
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in file.path.parent.iterdir())


def test_a_lost_previous_key_loses_its_values_alone(store_url: str, clock: FakeClock, tmp_path: Path) -> None:
    with Store.open(store_url, clock=clock, keys=file_ring(tmp_path)) as store:
        count = fill(store)
        lost = store.keys.current
    file = KeyFile(tmp_path / "amt-console" / KEY_FILE)
    file.rotate()
    (file.path.parent / f"{KEY_FILE}.previous-{lost}").unlink()
    with Store.open(store_url, clock=clock, keys=file_ring(tmp_path)) as store:
        found = run(store)
        assert (found.done.total(), found.lost.total()) == (0, count)
        assert {key for _, key in found.lost} == {lost}
        with store.read() as reads:
            assert Locked("outbox.payload", str(lost), 1) in locked_values(reads)
        assert record_again(store)


def record_again(store: Store) -> bool:
    """Whether alerts are still stored."""
    with store.transaction(durable=True) as writes:
        return record(writes, EpisodeChange(episode("another"))).id is not None


def test_a_key_that_is_configured_has_no_file_to_rotate(tmp_path: Path) -> None:
    configured = Settings.model_validate({"encryption": {"key": f"file:{tmp_path / 'key'}"}})
    env = {"XDG_STATE_HOME": str(tmp_path)}
    assert key_file_of(configured, env=env) is None
    assert key_file_of(Settings.model_validate({}), env={**env, "AMT_DATA_KEY": OLD.text}) is None
    file = key_file_of(Settings.model_validate({}), env=env)
    assert file is not None
    assert file.path == tmp_path / "amt-console" / KEY_FILE


def test_a_reloaded_configuration_brings_its_keys() -> None:
    ring = Keyring(OLD)
    before = ring.seal(CELL, "before")
    ring.adopt(Keyring(NEW))
    assert (ring.current, ring.known) == (NEW.id, {OLD.id, NEW.id})
    assert before is not None
    assert ring.open(CELL, before) == "before"
    ring.adopt(Keyring(None, problems=["[encryption] key cannot be used: no such file."]))
    assert (ring.current, len(ring.problems)) == (NEW.id, 1)
    with pytest.raises(Unavailable):
        Keyring(OTHER).open(CELL, before)
