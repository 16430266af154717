"""Access tokens: their format and their verification."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import threading
import zlib
from dataclasses import dataclass

from amt_console.api.auth.errors import TooManyFailuresError, UnknownCallerError
from amt_console.api.auth.rates import RateLimit, address_key
from amt_console.api.auth.sessions import Sessions
from amt_console.clock import Clock
from amt_console.store import AccessToken, Store, StoreError, access_token, token_used

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX = "amt"
ID_CHARS = 8
SECRET_BYTES = 32
SECRET_CHARS = 43
"""32 bytes in base 62."""
CRC_CHARS = 6
MAX_CHARS = len(PREFIX) + ID_CHARS + SECRET_CHARS + CRC_CHARS + 2
REMEMBER_SECONDS = 5.0
"""Seconds that a verified token is cached: a revoked token works for this long at most."""
MAX_REMEMBERED = 1000
USED_SECONDS = 60.0
"""Least seconds between two stored last uses."""
FAILURES = 10
"""Wrong tokens from one address in a row; then one in ``FAILURE_SECONDS``."""
FAILURE_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token; ``text`` is shown once and never stored."""

    id: str
    text: str

    @property
    def digest(self) -> str:
        """The stored digest."""
        return digest(self.text)


def new_token() -> NewToken:
    """``amt_<id>_<32 random bytes and a CRC32 in base 62>``; the prefix and the CRC let secret scanners find it."""
    token_id = "".join(secrets.choice(ALPHABET) for _ in range(ID_CHARS))
    body = f"{PREFIX}_{token_id}_{_base62(int.from_bytes(secrets.token_bytes(SECRET_BYTES)), SECRET_CHARS)}"
    return NewToken(token_id, body + checksum(body))


def token_id(text: str) -> str | None:
    """The public id of a well-formed token, else ``None``."""
    parts = text.split("_")
    if len(text) != MAX_CHARS or len(parts) != 3 or parts[0] != PREFIX or not text.isascii():
        return None
    return parts[1] if hmac.compare_digest(checksum(text[:-CRC_CHARS]), text[-CRC_CHARS:]) else None


def digest(text: str) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class TokenBook:
    """Verifies tokens against the store. Thread-safe. Every call may block on the database."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.sessions = Sessions(store, clock)
        """Sessions of browsers that logged in with a token."""
        self._lock = threading.Lock()
        self._known: dict[str, tuple[AccessToken, float]] = {}
        self._failures = RateLimit(clock, burst=FAILURES, seconds_each=FAILURE_SECONDS)

    def remembered(self, text: str) -> AccessToken | None:
        """The token from the cache, if it was verified recently. Never blocks."""
        with self._lock:
            found = self._known.get(digest(text))
        return found[0] if found is not None and self._clock.monotonic() < found[1] else None

    def recognise(self, text: str, address: str) -> AccessToken:
        """Verify a token.

        Raises:
            UnknownCallerError: There is none such, it has expired, or it was revoked.
            TooManyFailuresError: This address has shown too many wrong ones.
            StoreError: The database does not answer.
        """
        remembered = self.remembered(text)
        if remembered is not None:
            return remembered
        found = self._find(text)
        if found is None:
            # Only failures are charged, so that valid tokens from the same address keep working.
            self._charge(address)
            raise UnknownCallerError
        with self._lock:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[found.digest] = (found, self._clock.monotonic() + REMEMBER_SECONDS)
        self._note_use(found, address)
        return found

    def _find(self, text: str) -> AccessToken | None:
        public = token_id(text)
        if public is None:
            return None
        with self._store.read() as reads:
            stored = access_token(reads, public)
        # Compared in any case, so that the duration does not reveal whether the id exists.
        same = hmac.compare_digest(digest(text), stored.digest if stored else "0" * 64)
        return stored if stored is not None and same and stored.valid_at(self._clock.now()) else None

    def _note_use(self, found: AccessToken, address: str) -> None:
        now = self._clock.now()
        if found.last_used_at is not None and (now - found.last_used_at).total_seconds() < USED_SECONDS:
            return
        try:
            with self._store.transaction() as writes:
                token_used(writes, found.id, now, address)
        except StoreError:
            # A full disk must not lock anybody out.
            return

    def _charge(self, address: str) -> None:
        """Note a wrong token. Raises TooManyFailuresError once an address has shown too many."""
        seconds = self._failures.take(address_key(address))
        if seconds:
            raise TooManyFailuresError(seconds)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def checksum(body: str) -> str:
    """The checksum of a token: no secret, it lets scanners find tokens in texts."""
    return _base62(zlib.crc32(body.encode()), CRC_CHARS)
