"""The sources of data keys: ``$AMT_DATA_KEY``, the configuration, or a file created once for this user."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.paths import user_state_folder
from amt_console.store.encryption.keyring import DataKey, Keyring

if TYPE_CHECKING:
    from amt_console.config import Secret, Settings

KEY_VARIABLE = "AMT_DATA_KEY"
KEY_FILE = "data.key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keyring_of(settings: Settings, *, env: Mapping[str, str] = os.environ) -> Keyring:
    """The keys of a configuration. An unusable key is a problem of the keyring, never an error."""
    wanted, problems = settings.encryption, []

    def resolved(secret: Secret, what: str) -> DataKey | None:
        from amt_console.config.faults import Refused

        try:
            return DataKey.of(secret.resolve(env))
        except (Refused, ValueError) as error:
            problems.append(f"{what} cannot be used: {error}.")
            return None

    places = enumerate(wanted.previous_keys)
    previous = [resolved(each, f"[encryption] previous_keys[{index}]") for index, each in places]
    known = [key for key in previous if key is not None]
    if env.get(KEY_VARIABLE):
        try:
            return Keyring(DataKey.of(env[KEY_VARIABLE]), known, encrypts=wanted.enabled, problems=problems)
        except ValueError as error:
            problems.append(f"${KEY_VARIABLE} cannot be used: {error}.")
            return Keyring(None, known, encrypts=wanted.enabled, problems=problems)
    if wanted.key is not None:
        current = resolved(wanted.key, "[encryption] key")
        return Keyring(current, known, encrypts=wanted.enabled, problems=problems)
    path = user_state_folder(env) / KEY_FILE
    try:
        found = read_key(path)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        problems.append(f"The data key {path} cannot be used: {reason}.")
        return Keyring(None, known, encrypts=wanted.enabled, problems=problems)
    if found is not None and path.stat().st_mode & _OTHERS:
        problems.append(f"Other users may read the data key {path}: chmod 600 {path}.")
    return Keyring(found, known, make=lambda: made_key(path), encrypts=wanted.enabled, problems=problems)


def read_key(path: Path) -> DataKey | None:
    """The key in a file; ``None`` if there is none. Raises OSError, ValueError."""
    try:
        return DataKey.of(path.read_text("ascii"))
    except FileNotFoundError:
        return None


def made_key(path: Path) -> DataKey:
    """Create a key and its file (0600), or read the one that another process has just created. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    key = DataKey.new()
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{key.text}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    found = read_key(path)
    assert found is not None
    return found
