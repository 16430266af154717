"""``audit``: list and verify."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from cli.conftest import Command

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.model import AuditEntry
from amt_console.operations.history.audit_words import audit_line
from amt_console.store import Store


def write(store: Store, *actors: str) -> None:
    with store.transaction(durable=True) as writes:
        for actor in actors:
            writes.add_audit(AuditEntry(actor, "note", "alert 1", SystemClock().now()))


def test_an_audit_that_nobody_has_touched(command: Command, store: Store) -> None:
    write(store, "ann", "bob")
    listed = json.loads(command("audit", "list", "--json").out)
    assert [each["actor"] for each in listed] == ["bob", "ann"]
    assert listed[0]["previous"] == listed[1]["hash"]
    found = command("audit", "verify", "--json")
    assert found.code == ExitCode.OK
    head = listed[0]["hash"]
    assert json.loads(found.out) == {
        "ok": True,
        "entries": 2,
        "first": 1,
        "last": 2,
        "head": head,
        "sealed": 0,
        "unknown_keys": [],
        "bad": None,
    }
    words = command("audit", "verify")
    assert (words.code, words.err) == (ExitCode.OK, "")
    assert head in words.out


def test_a_changed_entry_is_named(command: Command, store: Store, database: Path) -> None:
    write(store, "ann", "bob", "eve")
    store.close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET actor = 'ann' WHERE id = 2")
        connection.commit()
    found = command("audit", "verify", "--json")
    assert found.code == ExitCode.BAD_DATA
    assert json.loads(found.out)["bad"] == {"id": 2, "reason": "it was changed"}
    words = command("audit", "verify")
    assert (words.code, words.out) == (ExitCode.BAD_DATA, "")
    assert "the audit trail is broken at row 2: it was changed" in words.err


def test_what_the_commands_do_is_sealed(command: Command, home: Path) -> None:
    assert command("token", "create", "laptop", "--role", "viewer").code == ExitCode.OK
    key = home / ".local" / "state" / "amt-console" / "data.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert json.loads(command("audit", "verify", "--json").out)["sealed"] == 1
    key.unlink()
    found = command("audit", "verify")
    assert found.code == ExitCode.OK
    assert "cannot be checked: the key is missing" in found.out


def test_an_audit_without_entries(command: Command, store: Store) -> None:
    assert command("audit", "verify").out == "the audit trail is empty\n"
    assert json.loads(command("audit", "verify", "--json").out)["ok"] is True


def test_an_own_command_is_told_with_its_arguments_and_its_end(command: Command, store: Store) -> None:
    ran = {"name": "journal", "command": ["journalctl", "--unit", "the shop"], "exit_code": 3, "ended": "exit code 3"}
    entry = AuditEntry("ann", "ran_command", "command journal", SystemClock().now(), ran)
    with store.transaction(durable=True) as writes:
        writes.add_audit(entry)
    told = "exit code 3: journalctl --unit 'the shop'"
    assert told in command("audit", "list").out
    assert audit_line(entry).detail == told
