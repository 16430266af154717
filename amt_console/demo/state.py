"""Where a running demo is, so that commands in another terminal find it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from amt_console.paths import user_state_folder

_START_TOLERANCE = 5.0
"""Seconds by which the start of a process may seem to move when the wall clock is corrected."""


@dataclass(frozen=True, slots=True)
class DemoState:
    """A running demo."""

    store_url: str
    pid: int
    """The process of ``amt-console demo``."""
    started: float
    """When that process started, in seconds since 1970; tells it from a later one with the same number."""
    control_url: str
    """The page with the incidents."""
    urls: Mapping[str, str]
    """Base URLs of ``api``, ``web`` and ``mobile``."""
    config_path: Path


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The files of the demo in the user's state folder."""

    path: Path

    @classmethod
    def of_user(cls, env: Mapping[str, str] = os.environ) -> DemoFolder:
        """The folder, which need not exist yet."""
        return cls(user_state_folder(env))

    @property
    def database(self) -> Path:
        """The demo's own database, never the real one."""
        return self.path / "demo.db"

    @property
    def config(self) -> Path:
        """The configuration that the running demo uses."""
        return self.path / "demo-config.json"

    @property
    def log(self) -> Path:
        """What the simulated platform has to complain about."""
        return self.path / "demo-platform.log"

    @property
    def state(self) -> Path:
        """Says where the running demo is."""
        return self.path / "demo.json"

    def create(self) -> None:
        """Make the folder, for its user only. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def remove_database(self) -> None:
        """Delete the demo's database with what SQLite keeps beside it. Raises OSError."""
        for suffix in ("", "-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)

    def write_state(self, state: DemoState) -> None:
        """Tell others of this demo. Raises OSError."""
        document = {**asdict(state), "urls": dict(state.urls), "config_path": str(state.config_path)}
        draft = self.state.with_name(f"{self.state.name}.{os.getpid()}")
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(self.state)

    def remove_state(self) -> None:
        """The demo of this process has ended. Another one's file stays."""
        state = self.read_state()
        if state is not None and state.pid == os.getpid():
            with suppress(OSError):
                self.state.unlink()

    def read_state(self) -> DemoState | None:
        """What the file says, whether or not that demo still runs; ``None`` without a readable file."""
        try:
            document = json.loads(self.state.read_text(encoding="utf-8"))
            return DemoState(
                store_url=str(document["store_url"]),
                pid=int(document["pid"]),
                started=float(document["started"]),
                control_url=str(document["control_url"]),
                urls={str(part): str(url) for part, url in document["urls"].items()},
                config_path=Path(document["config_path"]),
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None


def ended_words(demo: DemoState) -> tuple[str, ...]:
    """What a console on a demo's database must say once the demo itself has ended."""
    if _runs(demo):
        return ()
    return ("The demo has ended, and its platform with it: start another with 'amt-console demo'.",)


def running_demo(env: Mapping[str, str] = os.environ) -> DemoState | None:
    """The demo that runs now under this user, if any."""
    state = DemoFolder.of_user(env).read_state()
    return state if state is not None and _runs(state) else None


def _runs(demo: DemoState) -> bool:
    import psutil

    try:
        started = psutil.Process(demo.pid).create_time()
    except (psutil.Error, ValueError, OverflowError):
        return False
    return abs(started - demo.started) <= _START_TOLERANCE


def process_started() -> float:
    """When this process started, in seconds since 1970."""
    import psutil

    return psutil.Process().create_time()
