"""Where the configuration and the database are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import platformdirs

APP_NAME = "amt-console"
CONFIG_VARIABLE = "AMT_CONFIG"
DATABASE_VARIABLE = "AMT_DATABASE_URL"
LOCATION_VARIABLE = "AMT_LOCATION"
DATABASE_FILE = "monitoring.db"
LOCAL_CONFIG = Path("config") / "monitoring_config.json"
USER_CONFIGS = ("monitoring_config.toml", "monitoring_config.json")


def _folder(env: Mapping[str, str], variable: str, usual: str) -> Path:
    named = env.get(variable, "")
    return Path(named) / APP_NAME if Path(named).is_absolute() else Path(usual)


def user_config_folder(env: Mapping[str, str]) -> Path:
    """The user's folder for configuration."""
    return _folder(env, "XDG_CONFIG_HOME", platformdirs.user_config_dir(APP_NAME, appauthor=False))


def user_state_folder(env: Mapping[str, str]) -> Path:
    """The user's folder for what the program keeps."""
    return _folder(env, "XDG_STATE_HOME", platformdirs.user_state_dir(APP_NAME, appauthor=False))


def find_config(path: Path | None, *, env: Mapping[str, str], cwd: Path | None = None) -> Path | None:
    """The file to load: ``path``, ``$AMT_CONFIG``, ``./config/monitoring_config.json``, the user's folder, or none.

    The first two are returned whether they exist or not: who names a file wants that file.
    """
    if path is not None:
        return path
    return next(iter(_looked_up(env, cwd)), None)


def shadowed_configs(used: Path | None, *, env: Mapping[str, str], cwd: Path | None = None) -> tuple[Path, ...]:
    """Files that lie where a configuration is looked for, and are not read because ``used`` goes before them."""
    return tuple(found for found in _looked_up(env, cwd) if used is None or not same_file(found, used))


def _looked_up(env: Mapping[str, str], cwd: Path | None) -> Iterator[Path]:
    """What there is when no file is named on the command line, first things first."""
    if env.get(CONFIG_VARIABLE):
        yield Path(env[CONFIG_VARIABLE])
    folder = user_config_folder(env)
    candidates = ((cwd or Path.cwd()) / LOCAL_CONFIG, *(folder / name for name in USER_CONFIGS))
    yield from (candidate for candidate in candidates if _exists(candidate))


def same_file(one: Path, other: Path) -> bool:
    """Whether both paths lead to one file; compared as text where one of them leads nowhere."""
    try:
        return one.samefile(other)
    except OSError:
        return one == other


def _exists(path: Path) -> bool:
    """Whether there is something; a file that may not be looked at counts, so that its fault is told."""
    try:
        return path.exists()
    except OSError:
        return True
