"""Other users of the host at the monitor's socket, and the tokens that its owner makes."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.links import LINKS
from support.platform import serving
from support.programs import Place, until
from support.stores import laid_out

from amt_console.api.auth.identity import RoleTable, group_id
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import SocketServer
from amt_console.api.listeners.socket_path import socket_path
from amt_console.api.presence import Presence
from amt_console.api.served import Served
from amt_console.cli.startup.main import run
from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.model import Role
from amt_console.operations.local import LocalOperations
from amt_console.runtime.remote_monitor import AccessTokenError, RemoteMonitor

pytestmark = pytest.mark.slow

STRANGER = "nobody"
ASK = """
import socket, sys
connection = socket.socket(socket.AF_UNIX)
try:
    connection.connect(sys.argv[1])
except OSError as error:
    sys.exit(f"refused: {error.errno}")
connection.sendall(f"{sys.argv[2]} {sys.argv[3]} HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: 2\\r\\n"
    f"content-type: application/json\\r\\namt-on-behalf: mallory\\r\\nconnection: close\\r\\n\\r\\n{{}}".encode())
answer = b""
while part := connection.recv(65536):
    answer += part
print(answer.decode())
"""
Fire = Callable[..., int]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    path = Path(tempfile.mkdtemp(prefix="amt-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def ask_as(user: str, path: Path, method: str, target: str) -> str:
    """What another user gets."""
    account = pwd.getpwnam(user)
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    result = subprocess.run(
        [python, "-c", ASK, str(path), method, target],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return result.stdout + result.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_gets_in_by_the_group_and_acts_by_the_role(
    operations: LocalOperations, fire: Fire, folder: Path
) -> None:
    alert_id = fire()
    clock = SystemClock()
    served = Served(
        operations, presence=Presence(clock), feed=ActionFeed(), clock=clock, database="monitoring.db", links=LINKS
    )
    path, group = folder / "monitor.sock", grp.getgrgid(pwd.getpwnam(STRANGER).pw_gid)
    target = f"/api/v1/alerts/{alert_id}/acknowledge"

    closed = SocketServer(served, path=path, roles=RoleTable(), clock=clock)
    closed.start()
    assert "refused: 13" in ask_as(STRANGER, path, "GET", "/api/v1/console/hello")
    closed.stop()

    server = SocketServer(served, path=path, roles=RoleTable(), clock=clock, group=group.gr_gid)
    server.start()
    try:
        assert path.stat().st_mode & 0o777 == 0o660
        assert "nobody has no role here" in ask_as(STRANGER, path, "GET", "/api/v1/console/hello")
        server.callers.use(RoleTable(members={Role.VIEWER: [f"@{group.gr_name}"]}))
        answer = ask_as(STRANGER, path, "GET", "/api/v1/console/hello")
        assert '"name":"nobody"' in answer, "only the monitor's own user may speak for another"
        assert '"role":"viewer"' in answer
        assert "403" in ask_as(STRANGER, path, "POST", target).splitlines()[0]
        server.callers.use(RoleTable(members={Role.OPERATOR: [STRANGER]}))
        assert '"acknowledged_by":"nobody"' in ask_as(STRANGER, path, "POST", target)
        assert "403" in ask_as(STRANGER, path, "PUT", "/api/v1/console/presence").splitlines()[0], "not whom it likes"
    finally:
        server.stop()


def test_a_group_that_does_not_exist_is_named() -> None:
    with pytest.raises(OSError, match="no group 'no-such-group'"):
        group_id("no-such-group")


def test_the_socket_of_the_configuration_goes_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    assert socket_path(url) == tmp_path / "a.db.sock"
    configured = Settings.model_validate({"api": {"socket": "/run/amt/x.sock"}}).api.socket
    assert socket_path(url, configured) == Path("/run/amt/x.sock")
    assert socket_path("postgresql+psycopg://h/d") is None
    assert socket_path("postgresql+psycopg://h/d", configured) == Path("/run/amt/x.sock")


@pytest.mark.pty
def test_two_monitors_with_one_socket_do_not_take_it_from_each_other(tmp_path: Path) -> None:
    with serving() as platform:
        first, second = Place(tmp_path / "1", web=platform.url), Place(tmp_path / "2", web=platform.url)
        shared = tmp_path / "shared.sock"
        first.write(api={"socket": str(shared)})
        second.write(api={"socket": str(shared)})
        with first.monitor(socket=shared) as monitor, second.monitor(socket=shared) as other:
            # Its own database is meant, not whoever has the socket.
            until(lambda: second.ask("status", "--json")["monitor"]["pid"] == other.pid)
            assert not any("cannot attach" in notice for notice in second.ask("status", "--json")["notices"])
            logs = list(second.home.glob("log-*"))
            until(lambda: any("another process listens there" in log.read_text("utf-8") for log in logs))
            assert first.ask("status", "--json")["monitor"]["pid"] == monitor.pid


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line on a database in this very process; returns its exit code, stdout and stderr."""
    url = laid_out(tmp_path / "monitoring.db")
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            run([*arguments, "--db", url])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run_command


def test_tokens_are_made_once_listed_and_revoked(command: Command) -> None:
    code, out, err = command("token", "create", "ann", "--role", "operator", "--expires", "90d", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["token"].startswith(f"amt_{document['id']}_")
    code, _, err = command("token", "create", "ann")
    assert (code, "a valid token 'ann'" in err) == (75, True)
    (listed,) = json.loads(command("token", "list", "--json")[1])
    assert listed == {name: value for name, value in document.items() if name != "token"}
    assert (listed["role"], listed["state"]) == ("operator", "valid")
    assert "ann" in command("token", "list")[1]
    assert command("token", "revoke", "ann")[0] == 0
    assert json.loads(command("token", "list", "--json")[1])[0]["state"] == "revoked"
    assert command("token", "revoke", "ann")[0] == 65
    assert command("token", "create", "x", "--expires", "soon")[0] == 64
    entries = json.loads(command("audit", "list", "--json")[1])
    assert [entry["action"] for entry in entries] == ["token revoke", "token create"]
    assert entries[0]["uid"] == os.getuid()
    assert document["token"] not in json.dumps(entries)
    assert "token revoke" in command("audit", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["serve", "--host", "0.0.0.0"], 64, "tls_certificate"),
        (["status", "--token-file", "x"], 64, "go with --connect"),
        (["status", "--connect", "unix:/x"], 64, "exclude each other"),
    ],
)
def test_what_makes_no_sense_is_refused(command: Command, arguments: list[str], code: int, words: str) -> None:
    found, _, err = command(*arguments)
    assert (found, words in err) == (code, True)


def test_a_token_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("amt_file\n")
    env = {"AMT_TOKEN": "amt_env"}
    assert RemoteMonitor("https://h", env=env).token() == "amt_env"
    assert RemoteMonitor("https://h", token_file=path, env=env).token() == "amt_file"
    assert RemoteMonitor("https://h", env={}).token() is None
    for content in ("", "two words", "caf\u00e9"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(AccessTokenError):
            RemoteMonitor("https://h", token_file=path, env=env).token()
    with pytest.raises(AccessTokenError, match="cannot be read"):
        RemoteMonitor("https://h", token_file=tmp_path / "none", env=env).token()
