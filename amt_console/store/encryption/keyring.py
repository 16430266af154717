"""The data keys of a process: it writes with one and reads with all of them.

A key is never in the database. Each encrypted value names its key and is bound to its cell: in another row or column it
cannot be decrypted. A lost key loses the values written with it, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from amt_console.store.encryption.column import EncryptedCell, Sealed

KEY_BYTES = 32
_NONCE_BYTES = 12
_COLUMNS = "columns"
HOW_TO_MAKE = "a data key is 32 random bytes in base64, as 'openssl rand -base64 32' prints them"


class Unavailable(Exception):
    """A value cannot be read; ``str()`` says why, for people."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """32 random bytes, from which one key for each purpose is derived."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> DataKey:
        """From base64 or hexadecimal digits. Raises ValueError."""
        written = text.strip()
        try:
            secret = bytes.fromhex(written) if len(written) == 2 * KEY_BYTES else _decoded(written)
        except (ValueError, binascii.Error):
            secret = b""
        if len(secret) != KEY_BYTES:
            raise ValueError(HOW_TO_MAKE)
        return cls(secret)

    @classmethod
    def new(cls) -> DataKey:
        """A new one."""
        return cls(os.urandom(KEY_BYTES))

    @property
    def text(self) -> str:
        """As it is written into a file."""
        return base64.b64encode(self.secret).decode("ascii")

    @property
    def id(self) -> str:
        """The public id of the key."""
        return hashlib.sha256(b"amt-console data key\0" + self.secret).hexdigest()[:8]

    def derived(self, purpose: str) -> bytes:
        """The key for one purpose: the first block of HKDF-Expand (RFC 5869) with SHA-256."""
        return hmac.digest(self.secret, f"amt-console {purpose}\x01".encode(), "sha256")


class Keyring:
    """The keys of a process. Safe from any thread.

    Args:
        current: Encrypts new values. Without it ``make`` is called for the first value.
        previous: Decrypt older values.
        make: Finds or creates the key of this user.
        reread: Gives the keys of this user once more if they have changed, the current one first; else nothing.
        encrypts: Whether new values are encrypted. Old ones are decrypted in any case.
        problems: What is wrong with the keys, in sentences.
    """

    def __init__(
        self,
        current: DataKey | None = None,
        previous: Sequence[DataKey] = (),
        *,
        make: Callable[[], DataKey] | None = None,
        reread: Callable[[], Sequence[DataKey]] | None = None,
        encrypts: bool = True,
        problems: Sequence[str] = (),
    ) -> None:
        self.encrypts = encrypts
        self._current = current
        self._known = {key.id: key for key in (*previous, *((current,) if current else ()))}
        self._make = make
        self._reread = reread
        self._problems = tuple(problems)
        self._guard = threading.Lock()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the keys, in sentences."""
        return self._problems

    @property
    def current(self) -> str | None:
        """The id of the key that writes; ``None`` if there is none yet."""
        with self._guard:
            return None if self._current is None else self._current.id

    @property
    def known(self) -> frozenset[str]:
        """The ids of the keys that can read."""
        return frozenset(self._known)

    def adopt(self, other: Keyring) -> None:
        """Use the keys of another ring from now on; those known so far still decrypt.

        A ring that cannot encrypt changes nothing but the problems.
        """
        with self._guard, other._guard:
            if other._current is None and other._make is None:
                self._problems = other._problems
                return
            self.encrypts, self._problems = other.encrypts, other._problems
            self._current, self._make, self._reread = other._current, other._make, other._reread
            self._known = {**self._known, **other._known}

    def seal(self, cell: EncryptedCell, text: str) -> Sealed | None:
        """Encrypt a text; ``None`` without a key: then it must not be stored."""
        if not self.encrypts:
            return Sealed.plain(text)
        key = self._writing_key()
        if key is None:
            return None
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        content = AESGCM(key.derived(_COLUMNS)).encrypt(nonce, text.encode("utf-8"), cell.bound_to(key.id))
        return Sealed.of(key.id, nonce, content)

    def open(self, cell: EncryptedCell, sealed: Sealed) -> str:
        """The text of a cell. Raises Unavailable."""
        parts = sealed.parts
        if parts is None:
            raise Unavailable("it is not in the form of an encrypted value")
        if parts.text is not None:
            return parts.text
        key = self._known.get(parts.key_id) or self._reread_key(parts.key_id)
        if key is None:
            raise Unavailable(f"it was encrypted with the data key {parts.key_id}, which is not here")
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            content = AESGCM(key.derived(_COLUMNS)).decrypt(parts.nonce, parts.content, cell.bound_to(key.id))
            return content.decode("utf-8")
        except (InvalidTag, ValueError):
            raise Unavailable("it was changed since it was encrypted, or belongs to another row") from None

    def mark(self, purpose: str, text: str) -> str | None:
        """A keyed hash of a text, with the id of the key; ``None`` if there is no key."""
        key = self._writing_key() if self.encrypts else None
        return None if key is None else f"v1:{key.id}:{_keyed_hash(key, purpose, text)}"

    def is_marked(self, purpose: str, text: str, mark: str) -> bool | None:
        """Whether a mark was made over this text; ``None`` if its key is not here."""
        version, _, rest = mark.partition(":")
        key_id, _, digest = rest.partition(":")
        key = self._known.get(key_id) or self._reread_key(key_id)
        if version != "v1" or key is None:
            return None
        return hmac.compare_digest(digest, _keyed_hash(key, purpose, text))

    def _reread_key(self, key_id: str) -> DataKey | None:
        with self._guard:
            self._take_changes()
            return self._known.get(key_id)

    def _take_changes(self) -> None:
        """Another process may have made a new key: it is used from then on."""
        keys = () if self._reread is None else self._reread()
        if keys:
            self._current = keys[0]
            self._known = {**self._known, **{key.id: key for key in keys}}

    def _writing_key(self) -> DataKey | None:
        with self._guard:
            self._take_changes()
            if self._current is None and self._make is not None:
                make, self._make = self._make, None
                try:
                    self._current = make()
                except OSError as error:
                    reason = error.strerror or str(error)
                    self._problems += (f"The data key cannot be written: {reason}. Nothing is encrypted or kept.",)
                else:
                    self._known = {**self._known, self._current.id: self._current}
            return self._current


def _keyed_hash(key: DataKey, purpose: str, text: str) -> str:
    return hmac.digest(key.derived(purpose), text.encode("utf-8", "backslashreplace"), "sha256").hex()


def _decoded(written: str) -> bytes:
    return base64.b64decode(written.replace("-", "+").replace("_", "/") + "=" * (-len(written) % 4), validate=True)
