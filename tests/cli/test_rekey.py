"""``db rekey`` on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.encrypted_rows import fill
from support.stores import lay_out

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.store import Keyring, Store, keyring_of, take_lease
from amt_console.store.encryption.key_source import KEY_FILE, KEY_VARIABLE, KeyFile
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.upkeep.writing_key import note_writing_key

Command = Callable[..., Any]
CLOCK = SystemClock()


def opened(database: Path, keys: Keyring) -> Store:
    return Store.open(f"sqlite:///{database}", clock=CLOCK, keys=keys)


@pytest.fixture
def filled(database: Path) -> Path:
    """A value in every place, encrypted with the key of the state folder."""
    lay_out(database)
    with opened(database, keyring_of(Settings())) as store:
        fill(store)
    return database


@pytest.mark.slow
def test_a_new_key_replaces_the_old_one_and_leaves_a_row(command: Command, filled: Path) -> None:
    before = json.loads(command("db", "rekey", "--dry-run", "--json").out)
    assert before["left"] == {}
    done = command("db", "rekey", "--new-key", "--json")
    document = json.loads(done.out)
    assert done.code == 0
    assert document["key"] != before["key"]
    assert document["lost"] == []
    assert document["encrypted"]["outbox.payload"] == 1
    assert sum(document["encrypted"].values()) == 9
    assert sorted(path.name for path in filled.parent.glob("data.key*")) == [
        KEY_FILE,
        f"{KEY_FILE}.previous-{before['key']}",
    ]
    (row,) = [each for each in json.loads(command("audit", "list", "--json").out) if each["action"] == "db rekey"]
    assert document["key"] in json.dumps(row)
    assert command("audit", "verify").code == 0
    assert "9" not in command("db", "rekey").out.split("values")[0]


def test_what_is_left_is_counted_and_done_by_the_next_run(command: Command, filled: Path) -> None:
    KeyFile(filled.parent / KEY_FILE).rotate()  # as after a kill between the key and the first value
    shown = command("db", "rekey", "--dry-run")
    assert "outbox.payload" in shown.out
    assert command("db", "rekey").out.startswith("9 values encrypted with the data key")
    assert command("db", "rekey", "--dry-run").out == "Everything is encrypted with the current data key.\n"


def test_a_lost_key_is_said_by_name_and_count(command: Command, filled: Path) -> None:
    lost = DataKey.of((filled.parent / KEY_FILE).read_text()).id
    (filled.parent / KEY_FILE).unlink()
    done = command("db", "rekey", "--new-key")
    assert done.code == ExitCode.BAD_DATA
    words = " ".join(done.out.split())
    assert f"1 values of outbox.payload cannot be decrypted: their data key {lost} is not here." in words
    assert "[encryption] previous_keys" in words


def test_an_unusable_key_file_is_never_replaced(command: Command, filled: Path) -> None:
    (filled.parent / KEY_FILE).write_text("spoilt")
    refused = command("db", "rekey", "--new-key")
    assert refused.code == ExitCode.BAD_CONFIG
    assert "Nothing was changed" in refused.err
    assert (filled.parent / KEY_FILE).read_text() == "spoilt"


def test_two_runs_at_once_are_refused(command: Command, filled: Path) -> None:
    with KeyFile(filled.parent / KEY_FILE).locked():
        refused = command("db", "rekey")
    assert (refused.code, "another 'db rekey' runs" in refused.err) == (ExitCode.BUSY, True)


def test_a_monitor_with_another_configured_key_must_be_restarted_first(
    command: Command, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = DataKey.new(), DataKey.new()
    lease = take_lease(f"sqlite:///{filled}", clock=CLOCK)
    assert lease is not None
    try:
        with opened(filled, Keyring(old)) as store:
            note_writing_key(store)
        monkeypatch.setenv(KEY_VARIABLE, new.text)
        refused = command("db", "rekey")
        assert refused.code == ExitCode.BUSY
        assert f"uses the data key {old.id}, not {new.id}: restart it" in refused.err
        with opened(filled, Keyring(new)) as store:
            note_writing_key(store)
        assert command("db", "rekey").code == ExitCode.BAD_DATA, "the key of the values is not named"
    finally:
        lease.release()


def test_a_configured_key_is_not_rotated_here(command: Command, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, DataKey.new().text)
    refused = command("db", "rekey", "--new-key")
    assert (refused.code, "previous_keys" in refused.err) == (ExitCode.USAGE, True)
