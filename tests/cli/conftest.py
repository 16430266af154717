"""The command line in this process, on a home of its own, and a database with a little history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.operations import API, WEB, episode, probe
from support.stores import lay_out

from amt_console.cli.startup.main import run
from amt_console.clock import SystemClock
from amt_console.model import AlertEvent, EpisodeChange, HostSample, ServiceState
from amt_console.store import Store, record


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one command line ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command line in this process."""

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        shown = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in shown.err
        return Outcome(ended.value.code, shown.out, shown.err)

    return call


@pytest.fixture
def database(home: Path) -> Path:
    """Where the commands look for the database by default."""
    return home / ".local" / "state" / "amt-console" / "monitoring.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    lay_out(database)
    with Store.open(f"sqlite:///{database}", clock=SystemClock()) as opened:
        yield opened


@pytest.fixture
def history(store: Store) -> Callable[..., int | None]:
    """Store a result of both services now, and an alert if asked; returns the alert's id."""

    def write(state: ServiceState = ServiceState.UP, **alert: object) -> int | None:
        now = SystemClock().now()
        with store.transaction(durable=True) as writes:
            writes.add_results([probe(API, now, state), probe(WEB, now)])
            writes.add_host_sample(HostSample(timestamp=now, cpu_usage=12.0, memory_usage=40.0, disk_usage=None))
            writes.sign_of_life(host="here", pid=1, started_at=now, at=now)
            if not alert:
                return None
            new = episode(now, **alert)
            event = AlertEvent(kind="fired", at=now, state=new.state, severity=new.severity, message=new.message)
            return record(writes, EpisodeChange(new, (event,))).id

    return write
