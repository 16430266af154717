"""No command changes anything without an audit row: the list of all commands, and what each leaves behind."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command
from support.renderers import forked_renderers
from typer.main import get_command

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.commands import app
from amt_console.clock import SystemClock
from amt_console.model import ACTIONS
from amt_console.operations.actor import current_actor
from amt_console.store import Store, StoreFull, audit_entries

__all__ = ["forked_renderers"]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_renderers")]

History = Callable[..., int | None]
ACTS = {
    *("alerts ack", "alerts unack", "alerts claim", "alerts snooze", "alerts note", "alerts handoff", "alerts close"),
    *("alerts undo", "silences add", "silences end", "maintenance add", "maintenance end"),
    *("oncall take", "oncall override", "oncall undo"),
}
"""They are actions: `ActionHandling` adds the row in the transaction of the change."""
ROWS = {
    *("token create", "token revoke", "notify test", "notify drill"),
    *("db prune", "db rebuild", "db restore", "db copy", "db backup", "db upgrade", "db vacuum"),
    *("export all", "export overview", "export chatbot", "export revenue", "export performance", "export executive"),
    *("export monitoring", "export incident", "export handover", "export metrics", "export scheduled"),
    "audit export",
}
"""They add a row of their own."""
READS = {
    *("status", "alerts list", "alerts show", "alerts why", "silences list", "maintenance list", "oncall"),
    *("notify log", "rules list", "rules test", "rules backtest", "rules suggest", "analyze", "figures test"),
    *("config check", "config show", "config schema", "export schema", "export verify", "doctor", "completion"),
    *("db stats", "db check", "token list", "audit list", "audit verify", "oncall export"),
}
"""They change nothing."""
OTHERS = {
    "monitor": "the engine: what it measures is history; a reload of its configuration has a row",
    "serve": "its callers' actions and openings have rows",
    "demo": "a database of its own",
    "config init": "writes a file, before there is a database",
}


def commands() -> set[str]:
    """Every command line that does something."""

    def walk(command: Any, path: tuple[str, ...]) -> set[str]:
        below = getattr(command, "commands", None)
        if below is None:
            return {" ".join(path)}
        own = {" ".join(path)} if path and command.invoke_without_command else set()
        return own.union(*(walk(below[name], (*path, name)) for name in below))

    return walk(get_command(app), ())


def test_every_command_says_whether_it_leaves_a_row() -> None:
    every = commands()
    listed = ACTS | ROWS | READS | set(OTHERS)
    new = {name for name in every - listed if name not in ("run", "mcp", "db rekey")}
    assert not new, "name them in one of the lists: does it change anything, and which row does it leave?"
    assert not listed - every


class _Accepting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """No lines in the test's output."""


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Path]:
    """A configuration with a webhook that accepts everything."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Accepting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        channel = {"name": "hook", "type": "webhook", "url": f"http://127.0.0.1:{server.server_port}/"}
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"channels": [channel], "notify": {"allow_private": ["127.0.0.0/8"]}}))
        yield config
        server.shutdown()


def rows(store: Store, action: str) -> list[tuple[str, Any]]:
    with store.read() as reads:
        found = [entry for entry in audit_entries(reads) if entry.action == action]
    assert all(entry.actor == current_actor().name for entry in found)
    assert all(entry.detail["uid"] == current_actor().uid for entry in found)
    return [(entry.subject, entry.detail) for entry in found]


@pytest.mark.parametrize(
    ("line", "action", "subject"),
    [
        ("export metrics --out -", "export", "metrics"),
        ("export handover --out {out}", "export", "handover"),
        ("export monitoring --out {out}", "export", "monitoring"),
        ("audit export", "export", "audit"),
        ("db backup {out}", "db backup", "database"),
        ("db rebuild", "db rebuild", "rollups"),
        ("db vacuum", "db vacuum", "database"),
    ],
)
def test_a_command_leaves_one_row(
    line: str, action: str, subject: str, command: Command, store: Store, history: History, tmp_path: Path
) -> None:
    history()
    out = tmp_path / "out"
    out.mkdir()
    found = command(*line.format(out=out).split())
    assert (found.code, "left no row" in found.err) == (ExitCode.OK, False)
    ((what, detail),) = rows(store, action)
    assert what == subject
    assert detail["note"]


def test_an_incidents_draft_leaves_a_row(command: Command, store: Store, history: History, tmp_path: Path) -> None:
    alert_id = history(subject="web-app")
    assert command("export", "incident", str(alert_id), "--format", "md", "--out", str(tmp_path)).code == ExitCode.OK
    ((what, detail),) = rows(store, "export")
    assert (what, detail["note"]) == (f"incident {alert_id}", f"1 file in {tmp_path.resolve()}")


def test_what_was_pruned_is_counted(command: Command, store: Store, history: History) -> None:
    history()
    with store.transaction(durable=True) as writes:
        writes._connection.exec_driver_sql("UPDATE system_metrics SET timestamp = '2020-01-01 00:00:00.000000'")
    assert command("db", "prune").code == ExitCode.OK
    ((_, detail),) = rows(store, "db prune")
    assert sum(detail["before"].values()) >= 1
    assert set(detail["after"].values()) == {0}
    assert command("db", "prune").code == ExitCode.OK
    assert len(rows(store, "db prune")) == 1, "nothing was deleted the second time"


def test_a_restored_and_a_copied_database_say_where_they_come_from(
    command: Command, store: Store, history: History, tmp_path: Path, database: Path
) -> None:
    history()
    store.close()
    backup, copied = tmp_path / "backup.db", tmp_path / "copy.db"
    assert command("db", "backup", str(backup)).code == ExitCode.OK
    assert command("db", "restore", str(backup)).code == ExitCode.OK
    with Store.open(f"sqlite:///{database}", clock=SystemClock()) as restored:
        ((_, detail),) = rows(restored, "db restore")
    assert (detail["note"], detail["after"]) == (f"from {backup}", str(database))
    assert command("db", "copy", str(database), str(copied)).code == ExitCode.OK
    with Store.open(f"sqlite:///{copied}", clock=SystemClock()) as target:
        ((_, detail),) = rows(target, "db copy")
    assert detail["note"].endswith(f"from {database}")
    assert command("audit", "verify", "--db", f"sqlite:///{copied}").code == ExitCode.OK


def test_a_test_message_leaves_a_row(command: Command, store: Store, hook: Path) -> None:
    assert command("notify", "test", "hook", "--config", str(hook)).code == ExitCode.OK
    ((what, detail),) = rows(store, "notify test")
    assert (what, detail["note"]) == ("channel hook", "accepted")


def test_a_test_message_that_fails_leaves_a_row_too(command: Command, store: Store, hook: Path) -> None:
    config = json.loads(hook.read_text())
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        config["channels"][0]["url"] = f"http://127.0.0.1:{reserved.getsockname()[1]}/"
        hook.write_text(json.dumps(config))
        assert command("notify", "test", "hook", "--config", str(hook)).code == ExitCode.UNAVAILABLE
    ((what, detail),) = rows(store, "notify test")
    assert (what, detail["note"]) == ("channel hook", "failed")
    assert "no connection to 127.0.0.1" in detail["reason"]


def test_a_rewritten_database_has_a_row_of_it(command: Command, store: Store, database: Path, history: History) -> None:
    history()
    store.close()
    assert command("db", "vacuum", "--full").code == ExitCode.OK
    with Store.open(f"sqlite:///{database}", clock=SystemClock()) as rewritten:
        ((what, detail),) = rows(rewritten, "db vacuum")
    assert (what, detail["note"]) == ("database", "rewritten")


def test_where_no_row_can_be_written_the_export_is_there_and_stderr_says_so(
    command: Command, store: Store, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history()

    def refuse(*_: Any, **__: Any) -> None:
        raise StoreFull("No room on the disk.")

    monkeypatch.setattr("amt_console.operations.audit_rows.add_row", refuse)
    found = command("export", "monitoring", "--out", str(tmp_path))
    assert found.code == ExitCode.OK
    assert (tmp_path / "monitoring_report.json").exists()
    assert "This left no row in the audit: No room on the disk." in found.err
    assert rows(store, "export") == []


def test_a_test_message_creates_no_database(command: Command, database: Path, hook: Path) -> None:
    found = command("notify", "test", "hook", "--config", str(hook))
    assert found.code == ExitCode.OK
    assert "left no row" in found.err
    assert not database.exists()


def test_an_action_keeps_the_values_before_and_after(command: Command, store: Store, history: History) -> None:
    alert_id = str(history(subject="web-app"))
    assert command("alerts", "ack", alert_id, "--note", "mine").code == ExitCode.OK
    assert command("silences", "add", "--service", "web-app", "--for", "2h", "--reason", "release").code == ExitCode.OK
    assert command("silences", "end", "1").code == ExitCode.OK
    listed = json.loads(command("audit", "list", "--json").out)
    ended, added, acknowledged = (each for each in listed if each["action"] in ACTIONS)
    assert acknowledged["before"] == {
        "acknowledged_by": None,
        "acknowledged_at": None,
        "acknowledged_until": None,
        "note": None,
    }
    assert (acknowledged["after"]["acknowledged_by"], acknowledged["after"]["note"]) == (current_actor().name, "mine")
    assert (added["before"], added["after"]["services"], added["after"]["reason"]) == (None, ["web-app"], "release")
    assert ended["before"] == {"ends_at": added["after"]["ends_at"]}
    assert ended["after"]["ends_at"] < ended["before"]["ends_at"]


def test_the_whole_trail_is_exported_with_its_hashes(command: Command, store: Store, history: History) -> None:
    history()
    for name in ("a", "b"):
        assert command("token", "create", name).code == ExitCode.OK
    lines = [json.loads(line) for line in command("audit", "export").out.splitlines()]
    assert [line["action"] for line in lines] == ["token create"] * 2
    assert lines[1]["previous"] == lines[0]["hash"]
    assert lines[0]["detail"]["role"] == "viewer"
    assert command("audit", "export", "--since", "1s").code == ExitCode.OK
