"""The state file of a running demo, for commands in another terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from amt_console.paths import user_state_folder

_START_TOLERANCE = 5.0
"""Tolerance in seconds for a process start, because a wall clock correction moves it."""


@dataclass(frozen=True, slots=True)
class DemoState:
    """A running demo."""

    store_url: str
    pid: int
    """The process of ``amt-console demo``."""
    started: float
    """Start of that process in seconds since 1970; distinguishes a later process with the same pid."""
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
        """The folder; it may not exist yet."""
        return cls(user_state_folder(env))

    @property
    def database(self) -> Path:
        """The demo's own database, never the user's."""
        return self.path / "demo.db"

    @property
    def config(self) -> Path:
        """The configuration that the running demo uses."""
        return self.path / "demo-config.json"

    @property
    def log(self) -> Path:
        """The simulated platform's messages."""
        return self.path / "demo-platform.log"

    @property
    def state(self) -> Path:
        """The state file of the running demo."""
        return self.path / "demo.json"

    def create(self) -> None:
        """Create the folder, for its user only. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def remove_database(self) -> None:
        """Delete the demo's database and SQLite's files beside it. Raises OSError."""
        for suffix in ("", "-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)

    def write_state(self, state: DemoState) -> None:
        """Write the state file of this demo. Raises OSError."""
        document = {**asdict(state), "urls": dict(state.urls), "config_path": str(state.config_path)}
        draft = self.state.with_name(f"{self.state.name}.{os.getpid()}")
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(self.state)

    def remove_state(self) -> None:
        """Delete the state file of this process's demo; keep another demo's."""
        state = self.read_state()
        if state is not None and state.pid == os.getpid():
            with suppress(OSError):
                self.state.unlink()

    def read_state(self) -> DemoState | None:
        """The content of the file, even if that demo has ended; ``None`` without a readable file."""
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
    """Notices of a console on a demo's database after the demo has ended."""
    if _runs(demo):
        return ()
    return ("The demo has ended, and its platform with it: start another with 'amt-console demo'.",)


def running_demo(env: Mapping[str, str] = os.environ) -> DemoState | None:
    """The running demo of this user, if any."""
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
    """Start of this process in seconds since 1970."""
    import psutil

    return psutil.Process().create_time()
