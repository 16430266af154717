"""Encrypted columns: the key is not in the database."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select, text
from support.stores import episode

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import EpisodeChange
from amt_console.store import Keyring, Store, keyring_of, record
from amt_console.store.answers import AlertAnswerRow
from amt_console.store.encryption.column import EncryptedCell, Sealed
from amt_console.store.encryption.key_source import KEY_FILE, KEY_VARIABLE
from amt_console.store.encryption.keyring import DataKey, Unavailable
from amt_console.store.schema import table
from amt_console.store.upkeep.locked_values import Locked, locked_values

CELL = EncryptedCell("alert_answers", "answer", "1")
WORDS = "could not connect to server db-primary.internal port 5432 \N{PILE OF POO}"
ANSWERS = table(AlertAnswerRow)


def settings(**encryption: object) -> Settings:
    return Settings.model_validate({"encryption": encryption})


def keyring(folder: Path, env: dict[str, str] | None = None, **encryption: object) -> Keyring:
    return keyring_of(settings(**encryption), env={"XDG_STATE_HOME": str(folder), **(env or {})})


def key_text() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def sealed(keys: Keyring, words: str = WORDS, cell: EncryptedCell = CELL) -> Sealed:
    found = keys.seal(cell, words)
    assert found is not None
    return found


def reason(keys: Keyring, value: Sealed, cell: EncryptedCell = CELL) -> str:
    with pytest.raises(Unavailable) as caught:
        keys.open(cell, value)
    return str(caught.value)


def test_what_was_sealed_can_be_read_and_shows_nothing() -> None:
    keys = Keyring(DataKey.new())
    first, second = sealed(keys), sealed(keys)
    assert first != second
    assert first.startswith(f"v1:{keys.current}:")
    assert "db-primary" not in first
    assert [keys.open(CELL, each) for each in (first, second)] == [WORDS, WORDS]
    assert keys.open(CELL, sealed(keys, "")) == ""


@pytest.mark.parametrize(
    "cell",
    [
        EncryptedCell("alert_answers", "answer", "2"),
        EncryptedCell("alert_answers", "note", "1"),
        EncryptedCell("alerts", "answer", "1"),
    ],
)
def test_a_value_belongs_to_its_cell(cell: EncryptedCell) -> None:
    keys = Keyring(DataKey.new())
    assert reason(keys, sealed(keys), cell) == "it was changed since it was encrypted, or belongs to another row"


def test_what_was_changed_is_not_read() -> None:
    keys = Keyring(DataKey.new())
    version, key_id, nonce, content = sealed(keys).split(":")
    broken = bytearray(base64.b64decode(content))
    broken[0] ^= 1
    changed = Sealed(":".join((version, key_id, nonce, base64.b64encode(bytes(broken)).decode())))
    assert reason(keys, changed) == "it was changed since it was encrypted, or belongs to another row"
    for garbage in ("", "v1", "v1:a:b", f"v1:{key_id}:%%:{content}", "hello", f"v2:{key_id}:{nonce}:{content}"):
        assert reason(keys, Sealed(garbage)) == "it is not in the form of an encrypted value"


def test_a_key_of_before_still_reads() -> None:
    old, new = DataKey.new(), DataKey.new()
    before = sealed(Keyring(old))
    assert Keyring(new, [old]).open(CELL, before) == WORDS
    assert sealed(Keyring(new, [old])).startswith(f"v1:{new.id}:")
    assert reason(Keyring(new), before) == f"it was encrypted with the data key {old.id}, which is not here"


def test_without_a_key_nothing_is_sealed() -> None:
    assert Keyring().seal(CELL, WORDS) is None
    assert Keyring().mark("audit seal", "x") is None


def test_encryption_can_be_off(tmp_path: Path) -> None:
    keys = keyring(tmp_path, enabled=False)
    assert sealed(keys) == f"plain:{WORDS}"
    assert keys.open(CELL, sealed(keys)) == WORDS
    assert not (tmp_path / "amt-console").exists()


def test_a_key_is_made_once_when_it_is_first_needed(tmp_path: Path) -> None:
    path = tmp_path / "amt-console" / KEY_FILE
    keys = keyring(tmp_path)
    assert (keys.current, keys.problems, path.exists()) == (None, (), False)
    written = sealed(keys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(base64.b64decode(path.read_text())) == 32
    assert os.listdir(path.parent) == [KEY_FILE]
    again = keyring(tmp_path)
    assert again.current == keys.current
    assert again.open(CELL, written) == WORDS


def test_many_processes_make_one_key(tmp_path: Path) -> None:
    rings = [keyring(tmp_path) for _ in range(8)]
    start = threading.Barrier(len(rings))

    def work(ring: Keyring) -> None:
        start.wait()
        ring.seal(CELL, WORDS)

    threads = [threading.Thread(target=work, args=(ring,)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ring.current for ring in rings}) == 1


def test_the_environment_takes_precedence_over_the_configuration(tmp_path: Path) -> None:
    configured, given, old = key_text(), key_text(), key_text()
    (tmp_path / "key").write_text(f"{configured}\n")
    (tmp_path / "old").write_text(base64.b64decode(old).hex())
    files = {"key": f"file:{tmp_path / 'key'}", "previous_keys": [f"file:{tmp_path / 'old'}"]}
    ring = keyring(tmp_path, **files)
    assert (ring.current, ring.problems) == (DataKey.of(configured).id, ())
    assert ring.known == {DataKey.of(configured).id, DataKey.of(old).id}
    assert keyring(tmp_path, {KEY_VARIABLE: given}, **files).current == DataKey.of(given).id


@pytest.mark.parametrize(
    ("env", "encryption", "words"),
    [
        ({}, {"key": "credential:amt-key"}, ["[encryption] key cannot be used", "CREDENTIALS_DIRECTORY"]),
        ({}, {"key": "file:/nowhere/at/all"}, ["[encryption] key cannot be used", "not readable"]),
        ({KEY_VARIABLE: "short"}, {}, ["$AMT_DATA_KEY cannot be used", "openssl rand -base64 32"]),
        ({}, {"previous_keys": ["${OLD_KEY}"]}, ["previous_keys[0] cannot be used", "OLD_KEY"]),
    ],
)
def test_a_key_that_cannot_be_had_is_a_problem_and_no_error(
    tmp_path: Path, env: dict[str, str], encryption: dict[str, object], words: Sequence[str]
) -> None:
    ring = keyring(tmp_path, env, **encryption)
    (problem,) = ring.problems
    assert all(word in problem for word in words)
    assert "short" not in problem
    if "previous_keys" not in encryption:
        assert ring.seal(CELL, WORDS) is None
        assert not (tmp_path / "amt-console").exists()


def test_a_key_file_that_cannot_be_used_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "amt-console" / KEY_FILE
    path.parent.mkdir()
    path.write_text("no key\n")
    ring = keyring(tmp_path)
    assert f"The data key {path} cannot be used" in ring.problems[0]
    assert ring.seal(CELL, WORDS) is None
    assert path.read_text() == "no key\n"
    path.write_text(f"{key_text()}\n")
    path.chmod(0o640)
    assert f"chmod 600 {path}" in keyring(tmp_path).problems[0]


def test_a_key_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "amt-console").write_text("a file where the folder should be")
    ring = keyring(tmp_path)
    assert ring.seal(CELL, WORDS) is None
    assert ring.problems


def opened(url: str, clock: FakeClock, keys: Keyring | None = None) -> Store:
    return Store.open(url, clock=clock, keys=keys)


def stored(store: Store, words: str) -> int:
    with store.transaction(durable=True) as writes:
        alert = record(writes, EpisodeChange(episode())).id
        assert alert is not None
        cell = EncryptedCell("alert_answers", "answer", str(alert))
        row = {"alert_id": alert, "timestamp": store._clock.now(), "answer": sealed(store.keys, words, cell)}
        writes._connection.execute(insert(ANSWERS), [row])
    return alert


def test_the_database_holds_neither_the_text_nor_the_key(store_url: str, clock: FakeClock, tmp_path: Path) -> None:
    keys = keyring(tmp_path)
    with opened(store_url, clock, keys) as store:
        alert = stored(store, WORDS)
        with store.read() as reads:
            (value,) = reads._connection.execute(select(ANSWERS.c.answer)).scalars()
            assert locked_values(reads) == ()
        assert isinstance(value, Sealed)
        assert keys.open(EncryptedCell("alert_answers", "answer", str(alert)), value) == WORDS
    key = (tmp_path / "amt-console" / KEY_FILE).read_text().strip()
    engine = create_engine(store_url)
    with engine.connect() as connection:
        everything = [
            str(row)
            for name in ("alert_answers", "alerts", "alert_events", "audit", "store_meta")
            for row in connection.execute(text(f"SELECT * FROM {name}"))
        ]
    engine.dispose()
    assert not any("db-primary" in row or key in row for row in everything)
    with opened(store_url, clock, Keyring(DataKey.new())) as store, store.read() as reads:
        assert locked_values(reads) == (Locked("alert_answers.answer", DataKey.of(key).id, 1),)


def test_a_plain_text_is_refused_by_the_column(store: Store) -> None:
    with store.transaction(durable=True) as writes:
        alert = record(writes, EpisodeChange(episode())).id
        row = {"alert_id": alert, "timestamp": store._clock.now(), "answer": "plain"}
        with pytest.raises(Exception, match="sealed values only"):
            writes._connection.execute(insert(ANSWERS), [row])
