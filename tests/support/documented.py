"""The demo that the pages of the documentation speak of: its history, its receivers, and the names that pages use."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.pages import Line
from support.stores import lay_out
from support.template_process import forking_subprocess

from amt_console.cli.startup.main import run
from amt_console.clock import SystemClock
from amt_console.config import load_config, targets
from amt_console.demo import process
from amt_console.demo.history import History
from amt_console.demo.platform import HOOK_PATH
from amt_console.demo.process import PlatformProcess
from amt_console.demo.server import ServerOptions
from amt_console.demo.settings import demo_document
from amt_console.model import AlertEvent, AlertState, AlertType, Episode, EpisodeChange, Severity
from amt_console.operations.actor import current_actor
from amt_console.store import Store, record

OPEN_ALERT = 12
"""The alert of the pages: it fires, and nobody has it."""
_CONFIG = Path(".config/amt-console/monitoring_config.json")
_DATABASE = Path(".local/state/amt-console/monitoring.db")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


class Documented:
    """A home folder with the demo's database and configuration. Commands run in it, in this process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.document: dict[str, Any] = json.loads((home / _CONFIG).read_text(encoding="utf-8"))

    @property
    def database(self) -> Path:
        """The database, where commands look for it."""
        return self.home / _DATABASE

    def copy(self, home: Path) -> Documented:
        """The same in another home folder."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Documented(home)

    def run(self, line: Line) -> Ended:
        """Run one line as it is written; ``> FILE`` may stand at its end."""
        words = line.words
        assert words.pop(0) == "amt-console", f"{line.at}: {line.text}"
        target = words[-1] if words[-2:-1] == [">"] else None
        words = words[:-2] if target else words
        operators = [word for word in words if set(word) <= set("|&;<>()")] + [word for word in words if "$" in word]
        assert not operators, f"{line.at}: needs a shell ({operators}): mark the block no-run"
        out, err = _text(), _text()
        environment = {**os.environ, "HOME": str(self.home)}
        with ExitStack() as stack:
            for each in (
                chdir(self.home),
                patch.dict(os.environ, environment, clear=True),
                patch.object(sys, "stdin", io.StringIO()),
                redirect_stdout(out),
                redirect_stderr(err),
            ):
                stack.enter_context(each)
            try:
                run(words)
            except SystemExit as ended:
                code = ended.code
        assert isinstance(code, int)
        if target:
            (self.home / target).write_text(_content(out), encoding="utf-8")
        return Ended(code, _content(out), _content(err))


def _text() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _content(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8") if isinstance(stream.buffer, io.BytesIO) else ""


def merged(document: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with another one added: tables by their keys, lists of tables by their names."""
    result = dict(document)
    for key, value in more.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = merged(old, value)
        elif isinstance(old, list) and isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            names = {item.get("name") for item in value} - {None}
            result[key] = [item for item in old if item.get("name") not in names] + value
        else:
            result[key] = value
    return result


def names_of_the_pages(platform: PlatformProcess) -> dict[str, Any]:
    """What pages mention beside the demo's own configuration: services, channels, people, a job, a report."""
    hook, mail = platform.url("web") + HOOK_PATH, platform.ports["mail"]
    mailbox = {"smtp_server": "127.0.0.1", "smtp_port": mail, "tls": "none", "sender_email": "alerts@example.org"}
    return {
        "services": [
            {"name": "checkout", "url": platform.url("web") + "/", "group": "shop"},
            {"name": "search", "url": platform.url("web") + "/", "group": "shop"},
        ],
        "channels": [
            {"name": "ops-mail", "type": "email", "recipients": ["ops@example.org"], **mailbox},
            *(
                {"name": name, "type": "webhook", "url": hook}
                for name in ("ops-slack", "ops-teams", "pager", "automation")
            ),
        ],
        "oncall": {
            "starts_at": (SystemClock().now() - timedelta(days=1)).isoformat(),
            "time_zone": "Europe/Berlin",
            "people": [
                {"name": "Ada", "channels": ["pager", "ops-slack"], "accounts": ["ada"]},
                {"name": "Grace", "channels": ["ops-slack"], "accounts": sorted({"grace", current_actor().name})},
            ],
            "rotas": [{"name": "databases", "people": ["Grace"]}],
        },
        "heartbeats": [{"name": "nightly-backup", "key": "0123456789abcdef0123456789abcdef", "period": "1d"}],
        "reports": [{"name": "management", "every": "weekly", "reports": ["executive"], "channel": "ops-mail"}],
    }


def _open_alert(store: Store) -> None:
    """The API went down some minutes ago."""
    now = SystemClock().now()
    message = "backend-api is down: connection refused by 127.0.0.1:5000 (3 of 3)"
    episode = Episode(
        "service_down", "backend-api", AlertType.SERVICE_DOWN, Severity.CRITICAL, message, AlertState.PENDING,
        now - timedelta(minutes=5),
    )  # fmt: skip
    with store.transaction(durable=True) as writes:
        opened = AlertEvent("opened", episode.opened_at, AlertState.PENDING, Severity.CRITICAL, message)
        episode = record(writes, EpisodeChange(episode, (opened,)))
        at = now - timedelta(minutes=4)
        fired = AlertEvent("fired", at, AlertState.FIRING, Severity.CRITICAL, message)
        episode = record(writes, EpisodeChange(replace(episode, state=AlertState.FIRING, fired_at=at), (fired,)))
        writes.sign_of_life(host="here", pid=1, started_at=now - timedelta(hours=1), at=now)
    assert episode.id == OPEN_ALERT


@contextmanager
def documented(home: Path) -> Iterator[Documented]:
    """Prepare the demo in a folder; its platform, mailbox and webhook receiver answer until the block ends."""
    home.mkdir(parents=True)
    ports = dict.fromkeys(("api", "web", "mobile"), 0)
    with patch.object(process, "subprocess", forking_subprocess()):
        platform = PlatformProcess(ServerOptions(seed=1, ports=ports), log=home / "platform.log")
    with platform:
        config = home / _CONFIG
        config.parent.mkdir(parents=True)
        document = {**demo_document(platform), "oncall": {}}
        config.write_text(json.dumps(merged(document, names_of_the_pages(platform))), encoding="utf-8")
        config.chmod(0o600)
        settings = load_config(config).settings
        database = home / _DATABASE
        lay_out(database)
        url = f"sqlite:///{database}"
        clock = SystemClock()
        with Store.open(url, clock=clock) as store:
            History(
                settings=settings, targets=targets(settings, store_url=url), seed=1, days=0.5, end=clock.now()
            ).write(store, clock=clock)
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'alerts'", (OPEN_ALERT - 1,))
        connection.close()
        with Store.open(url, clock=clock) as store:
            _open_alert(store)
            store.checkpoint(truncate=True)
        yield Documented(home)
