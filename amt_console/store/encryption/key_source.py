"""The sources of data keys: ``$AMT_DATA_KEY``, the configuration, or a file created once for this user."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
    file = KeyFile(user_state_folder(env) / KEY_FILE)
    try:
        found = file.read()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        problems.append(f"The data key {file.path} cannot be used: {reason}.")
        return Keyring(None, known, encrypts=wanted.enabled, problems=problems)
    for each in file.places():
        if each.stat().st_mode & _OTHERS:
            problems.append(f"Other users may read the data key {each}: chmod 600 {each}.")
    return Keyring(
        found[0] if found else None,
        [*known, *found],
        make=lambda: made_key(file.path),
        reread=file.changed,
        encrypts=wanted.enabled,
        problems=problems,
    )


def key_file_of(settings: Settings, *, env: Mapping[str, str] = os.environ) -> KeyFile | None:
    """The file of the data key; ``None`` where the environment or the configuration names another one."""
    if env.get(KEY_VARIABLE) or settings.encryption.key is not None:
        return None
    return KeyFile(user_state_folder(env) / KEY_FILE)


class KeyFile:
    """The data key in the state folder, and the ones before it beside it: ``data.key.previous-ID``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = self._stamp()

    def places(self) -> list[Path]:
        """Those files that exist, the current one first."""
        before = sorted(self.path.parent.glob(f"{self.path.name}.previous-*"))
        return [*([self.path] if self.path.exists() else []), *before]

    def read(self) -> tuple[DataKey, ...]:
        """The current key and the previous ones; empty without a current one. Raises OSError, ValueError."""
        self._seen = self._stamp()
        current = read_key(self.path)
        if current is None:
            return ()
        previous = []
        for place in self.places()[1:]:
            with suppress(OSError, ValueError):
                key = read_key(place)
                if key is not None and key.id != current.id:
                    previous.append(key)
        return (current, *previous)

    def changed(self) -> tuple[DataKey, ...]:
        """The keys if the file is another one than at the last look, else nothing. Cheap."""
        if self._stamp() == self._seen:
            return ()
        try:
            return self.read()
        except (OSError, ValueError):
            return ()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time re-encrypts with this key. Raises BlockingIOError, OSError."""
        descriptor = os.open(
            self.path.with_name(f".{self.path.name}.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)

    def rotate(self) -> DataKey:
        """Replace the key by a new one; the old one stays beside it. One rename: there is always a whole key.

        Raises:
            OSError, ValueError: The old key cannot be read, or the new one not be written.
        """
        old = read_key(self.path)
        if old is not None:
            with suppress(FileExistsError):
                os.link(self.path, self.path.with_name(f"{self.path.name}.previous-{old.id}"))
        partial, key = _written_key(self.path)
        try:
            partial.replace(self.path)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(self.path.parent)
        return key

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns


def read_key(path: Path) -> DataKey | None:
    """The key in a file; ``None`` if there is none. Raises OSError, ValueError."""
    try:
        return DataKey.of(path.read_text("ascii"))
    except FileNotFoundError:
        return None


def made_key(path: Path) -> DataKey:
    """Create a key and its file (0600), or read the one that another process has just created. Raises OSError."""
    partial, _ = _written_key(path)
    try:
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(path.parent)
    found = read_key(path)
    assert found is not None
    return found


def _written_key(path: Path) -> tuple[Path, DataKey]:
    """A new key in a file beside ``path``, which its caller puts into place."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    key = DataKey.new()
    descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key.text}\n")
        file.flush()
        os.fsync(file.fileno())
    return partial, key


def _sync_folder(folder: Path) -> None:
    """A value must not be on the disk before the key that it was encrypted with."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
