"""The few settings that a console needs to attach to a running monitor, read without the configuration's models.

Importing the models takes longer than everything else that an attached console does. Whatever is unusual here, such as
a secret by reference or a value that is not plainly right, is left to the models: then nothing is returned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amt_console.api.client.attach import Whereabouts
from amt_console.demo.state import DemoState, running_demo
from amt_console.keys import DESKTOP_NOTIFICATIONS, check_keymap
from amt_console.own_commands import read_commands
from amt_console.paths import CONFIG_VARIABLE, DATABASE_FILE, DATABASE_VARIABLE, find_config, user_state_folder
from amt_console.store_url import database_file

MAX_BYTES = 1_000_000
_SCREEN = {
    "theme": str,
    "ascii": bool,
    "mouse": bool,
    "bell": bool,
    "desktop_notifications": str,
    "time_zone": str,
    "keymap": dict,
    "commands": list,
}
_URL_STARTS = ("sqlite:///", "sqlite+pysqlite:///", "postgresql+psycopg://")


@dataclass(frozen=True, slots=True)
class QuickConfig:
    """Where the database is, and how the screen is wanted."""

    store_url: str
    whereabouts: Whereabouts
    screen: Mapping[str, Any]
    """The table ``[console]``, checked but for the theme: one that does not exist is passed over."""
    demo: DemoState | None = None
    """The running demo, when it is what the person means."""


@dataclass(frozen=True, slots=True)
class _File:
    database_url: str
    socket: str | None
    screen: Mapping[str, Any]


def quick_config(config: Path | None, db: str | None, *, env: Mapping[str, str]) -> QuickConfig | None:
    """What a console must know first; ``None`` when only the models can tell.

    Args:
        config: Of ``--config``.
        db: Of ``--db``, as a URL.
        env: The environment.
    """
    file = _read(find_config(config, env=env), env)
    if file is None:
        return None
    named = db or _url_of(env.get(DATABASE_VARIABLE, ""))
    if named is None:
        return None
    demo = None
    if not named and config is None and not env.get(CONFIG_VARIABLE) and not _exists(file.database_url):
        demo = running_demo(env)
    if demo is not None:
        file = _read(demo.config_path, env)
        if file is None:
            return None
        named = demo.store_url
    store_url = named or file.database_url
    whereabouts = Whereabouts.of(store_url, configured_url=file.database_url, socket=file.socket)
    return QuickConfig(store_url, whereabouts, file.screen, demo)


def _read(path: Path | None, env: Mapping[str, str]) -> _File | None:
    """What stands in a file, which need not be there."""
    document = {} if path is None else _document(path)
    if document is None:
        return None
    api, screen = document.get("api", {}), document.get("console", {})
    url = document.get("database_url", f"sqlite:///{user_state_folder(env) / DATABASE_FILE}")
    socket = api.get("socket") if isinstance(api, dict) else 0
    plain = isinstance(url, str) and url.startswith(_URL_STARTS) and "${" not in url
    if not plain or not isinstance(screen, dict) or not isinstance(socket, str | None) or not _usable(screen):
        return None
    return _File(url, socket, screen)


def _usable(screen: dict[str, Any]) -> bool:
    if not all(key in _SCREEN and isinstance(value, _SCREEN[key]) for key, value in screen.items()):
        return False
    if screen.get("desktop_notifications", "auto") not in DESKTOP_NOTIFICATIONS:
        return False
    try:
        check_keymap(screen.get("keymap", {}))
        read_commands(screen.get("commands", ()), screen.get("keymap", {}))
        if "time_zone" in screen:
            from zoneinfo import ZoneInfo

            ZoneInfo(screen["time_zone"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


def _document(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            document = json.loads(text)
        else:
            import tomllib

            document = tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _url_of(named: str) -> str | None:
    """A database that is named beside the configuration; empty for none, ``None`` for an unusual one."""
    if "://" in named:
        return named if named.startswith(_URL_STARTS) else None
    return f"sqlite:///{Path(named).expanduser().absolute()}" if named else ""


def _exists(store_url: str) -> bool:
    path = database_file(store_url)
    return path is not None and path.exists()
