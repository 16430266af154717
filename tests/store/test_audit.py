"""The audit chain: a changed, removed or moved row is detected."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from support.stores import at

from amt_console.clock import FakeClock
from amt_console.model import AuditEntry
from amt_console.store import Keyring, Store, StoreError, audit_entries
from amt_console.store.audit import GENESIS, AuditFault, AuditRow, AuditVerdict, row_hash, verify
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.schema import table
from amt_console.store.upkeep.copying import copy_store
from amt_console.store.upkeep.retention import Retention, expired
from amt_console.store.upkeep.retention_rules import RetentionPolicy

DAY = timedelta(days=1)
CHANGED = "it was changed"
MISSING = "it is missing"
MOVED = "it does not follow from the row before it"
BEHEADED = "the rows before it are missing, and no row says that they have expired"


def write(store: Store, count: int, *, first: int = 0) -> None:
    with store.transaction(durable=True) as writes:
        for number in range(first, first + count):
            writes.add_audit(
                AuditEntry("ada", "note", f"alert {number}", at(number), {"note": f"é {number}", "uid": 1000})
            )


def verdict(store: Store) -> AuditVerdict:
    with store.read() as reads:
        return verify(reads)


def prune(store: Store, policy: RetentionPolicy, clock: FakeClock) -> int:
    run = Retention(store, policy, clock=clock)
    while run.step() is not None:
        pass
    return run.deleted.get("audit", 0)


def tamper(store: Store, *statements: str) -> None:
    """Change rows as somebody does who owns the database and knows of the triggers."""
    dialect = store._dialect
    lift, restore = dialect.deletable("audit")
    if not store.is_server:
        lift, restore = (*lift, "DROP TRIGGER audit_no_update"), dialect.append_only("audit", deletable=False)
    engine = create_engine(store.url)
    with engine.begin() as connection:
        for statement in (*lift, *statements, *restore):
            connection.execute(text(statement))
    engine.dispose()


def test_each_row_holds_the_hash_of_the_one_before(store: Store) -> None:
    assert verdict(store) == AuditVerdict(0, None, None, GENESIS)
    write(store, 3)
    with store.read() as reads:
        newest, middle, oldest = audit_entries(reads)
    assert [each.id for each in (oldest, middle, newest)] == [1, 2, 3]
    assert oldest.previous == GENESIS
    assert (middle.previous, newest.previous) == (oldest.hash, middle.hash)
    assert len({oldest.hash, middle.hash, newest.hash}) == 3
    assert verdict(store) == AuditVerdict(3, 1, 3, newest.hash or "")


@pytest.mark.parametrize(
    ("statements", "bad", "reason"),
    [
        (["UPDATE audit SET actor = 'eve' WHERE id = 3"], 3, CHANGED),
        (["UPDATE audit SET detail = '{}' WHERE id = 5"], 5, CHANGED),
        (["UPDATE audit SET timestamp = '2026-01-05 12:00:09' WHERE id = 2"], 2, CHANGED),
        (["UPDATE audit SET hash = previous WHERE id = 4"], 4, CHANGED),
        (["DELETE FROM audit WHERE id = 1"], 2, BEHEADED),
        (["DELETE FROM audit WHERE id = 3"], 3, MISSING),
        (["DELETE FROM audit WHERE id = 5"], 5, MISSING),
        (["DELETE FROM audit"], 1, MISSING),
        (["UPDATE audit SET id = 9 WHERE id = 2", "UPDATE audit SET id = 2 WHERE id = 4",
          "UPDATE audit SET id = 4 WHERE id = 9"], 2, MOVED),
        (["DELETE FROM audit WHERE id = 3", "UPDATE audit SET id = 3 WHERE id = 4"], 3, MOVED),
    ],
)  # fmt: skip
def test_what_was_done_to_a_row_is_noticed(store: Store, statements: list[str], bad: int, reason: str) -> None:
    write(store, 5)
    tamper(store, *statements)
    assert verdict(store).fault == AuditFault(bad, reason)


def test_rows_are_neither_changed_nor_deleted_by_mistake(store: Store) -> None:
    write(store, 2)
    for statement in ("UPDATE audit SET actor = 'eve'", "DELETE FROM audit WHERE id = 2"):
        with pytest.raises(StoreError, match="append-only"), store.transaction() as writes:
            writes._connection.execute(text(statement))
    assert verdict(store).fault is None


def test_a_transaction_that_fails_leaves_no_gap(store: Store) -> None:
    write(store, 1)
    with suppress(ZeroDivisionError), store.transaction() as writes:
        writes.add_audit(AuditEntry("ada", "note", "lost", at(1)))
        raise ZeroDivisionError
    write(store, 2, first=2)
    found = verdict(store)
    assert (found.rows, found.last, found.fault) == (3, 3, None)


def test_many_writers_make_one_chain(store_url: str, clock: FakeClock) -> None:
    faults: list[Exception] = []

    def work() -> None:
        try:
            with Store.open(store_url, clock=clock) as mine:
                for number in range(12):
                    write(mine, 1, first=number)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with Store.open(store_url, clock=clock, read_only=True) as store:
        found = verdict(store)
    assert (found.rows, found.first, found.last, found.fault) == (48, 1, 48, None)


@pytest.mark.slow
def test_what_is_left_after_expiry_can_still_be_checked(store: Store, clock: FakeClock) -> None:
    write(store, 450)
    clock.advance(30 * 86_400)
    write(store, 3, first=30 * 86_400)
    policy = RetentionPolicy(audit=7 * DAY)
    assert [each.rows for each in expired(store, policy, clock.now()) if each.what == "audit"] == [450]
    assert prune(store, policy, clock) == 450
    with store.read() as reads:
        entries = audit_entries(reads)
    assert {each.action for each in entries} == {"note", "audit expired"}
    found = verdict(store)
    assert (found.first, found.fault, found.rows) == (451, None, len(entries))
    with pytest.raises(StoreError, match="append-only"), store.transaction() as writes:
        writes._connection.execute(text("DELETE FROM audit"))
    clock.advance(30 * 86_400)
    assert prune(store, policy, clock) == len(entries)
    assert verdict(store).fault is None
    write(store, 2, first=60 * 86_400)
    first = verdict(store).first or 0
    tamper(store, f"DELETE FROM audit WHERE id <= {first}")
    assert verdict(store).fault == AuditFault(first + 1, BEHEADED)


def test_a_row_that_is_newer_keeps_those_behind_it(store: Store, clock: FakeClock) -> None:
    """The clock was ahead when the second was written: expiry never makes a hole."""
    for second in (0, 20 * 86_400, 2):
        write(store, 1, first=second)
    clock.advance(15 * 86_400)
    assert prune(store, RetentionPolicy(audit=7 * DAY), clock) == 1
    found = verdict(store)
    assert (found.first, found.rows, found.fault) == (2, 3, None)


def copied(source: str, target: str, clock: FakeClock) -> None:
    with Store.open(source, clock=clock) as store:
        write(store, 4)
        before = verdict(store)
    copy_store(source, target, clock=clock)
    with Store.open(target, clock=clock) as copy:
        assert verdict(copy) == before
        write(copy, 1, first=9)
        after = verdict(copy)
    assert (after.rows, after.fault) == (5, None)


@pytest.mark.slow
def test_a_copy_has_the_same_chain(store_url: str, clock: FakeClock, tmp_path: Path) -> None:
    copied(store_url, f"sqlite:///{tmp_path / 'copy.db'}", clock)


@pytest.mark.postgres
def test_a_copy_on_a_server_has_the_same_chain(sqlite_url: str, postgres_url: str, clock: FakeClock) -> None:
    copied(sqlite_url, postgres_url, clock)


KEY = DataKey.new()


def sealed_store(url: str, clock: FakeClock, *keys: DataKey) -> Store:
    return Store.open(url, clock=clock, keys=Keyring(keys[0] if keys else None, keys[1:]))


def rewrite(store: Store, change: str, *, head: bool = True) -> None:
    """Change rows, then compute the hashes of the whole chain anew, as anybody can who knows the method."""
    tamper(store, change)
    statements, previous, number = [], GENESIS, 0
    with store.read() as reads:
        for row in reads._connection.execute(select(table(AuditRow)).order_by(text("id"))).mappings():
            number = row["id"]
            digest = row_hash({**row, "previous": previous})
            statements.append(f"UPDATE audit SET previous = '{previous}', hash = '{digest}' WHERE id = {number}")
            previous = digest
    if head:
        statements.append(f"UPDATE store_meta SET number = {number}, content = '{previous}' WHERE key = 'audit_head'")
    tamper(store, *statements)


def test_a_sealed_chain_is_whole_with_and_without_the_key(store_url: str, clock: FakeClock) -> None:
    with sealed_store(store_url, clock, KEY) as store:
        write(store, 3)
        found = verdict(store)
        assert (found.sealed, found.unknown_keys, found.fault) == (3, (), None)
    for others in ((), (DataKey.new(),)):
        with sealed_store(store_url, clock, *others) as store:
            found = verdict(store)
            assert (found.sealed, found.unknown_keys, found.fault) == (0, (KEY.id,), None)
    new = DataKey.new()
    with sealed_store(store_url, clock, new, KEY) as store:
        write(store, 1, first=9)
        found = verdict(store)
        assert (found.sealed, found.unknown_keys, found.fault) == (4, (), None)


def test_a_chain_that_was_written_anew_without_the_key_is_noticed(store_url: str, clock: FakeClock) -> None:
    with sealed_store(store_url, clock, KEY) as store:
        write(store, 5)
        rewrite(store, "UPDATE audit SET actor = 'eve' WHERE id = 3")
        assert verdict(store).fault == AuditFault(3, "its seal is not genuine")
        tamper(store, "UPDATE audit SET seal = NULL WHERE id >= 3")
        assert verdict(store).fault == AuditFault(3, "it has no seal, and rows before it have one")
    with sealed_store(store_url, clock) as store:
        assert verdict(store).fault is None, "without the key the hashes alone are checked"


def test_an_end_that_was_cut_off_without_the_key_is_noticed(store_url: str, clock: FakeClock) -> None:
    with sealed_store(store_url, clock, KEY) as store:
        write(store, 5)
        rewrite(store, "DELETE FROM audit WHERE id > 3")
        assert verdict(store).fault == AuditFault(3, "what says that it is the newest row is not genuine")


def test_rows_from_before_there_was_a_key_are_sealed_by_those_behind_them(store_url: str, clock: FakeClock) -> None:
    with sealed_store(store_url, clock) as store:
        write(store, 2)
    with sealed_store(store_url, clock, KEY) as store:
        write(store, 2, first=2)
        found = verdict(store)
        assert (found.rows, found.sealed, found.fault) == (4, 2, None)
        rewrite(store, "UPDATE audit SET actor = 'eve' WHERE id = 1")
        assert verdict(store).fault == AuditFault(3, "its seal is not genuine")
