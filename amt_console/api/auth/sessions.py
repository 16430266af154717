"""Sessions of browsers: opened with an access token, held by a cookie, ended by logout, time or the token's end."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.clock import Clock
from amt_console.model import AuditEntry
from amt_console.operations.actor import Actor
from amt_console.store import (
    AccessToken,
    LoginSession,
    Store,
    access_token,
    add_session,
    end_session,
    login_session,
)

VALID = timedelta(hours=12)
"""A session ends after this, or earlier with its token."""
SECRET_BYTES = 32
MAX_SECRET_CHARS = 64
_CSRF = b"amt-console csrf"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A valid session with its token."""

    secret: str
    """The value of the cookie."""
    token: AccessToken
    expires_at: datetime
    seconds: float
    """How long it lasts from now."""

    @property
    def csrf(self) -> str:
        """The value that forms and changing requests of this session repeat. Other sites cannot read it."""
        return hmac.new(self.secret.encode(), _CSRF, hashlib.sha256).hexdigest()

    def confirms(self, csrf: str) -> bool:
        """Whether a request repeats the right value."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))


class Sessions:
    """Opens, finds and ends sessions. Thread-safe. Every call blocks on the database.

    Args:
        store: The database.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def open(self, token: AccessToken, actor: Actor) -> OpenSession:
        """Open a session and record the login in the audit. Raises StoreError; then there is no session."""
        now = self._clock.now()
        ends = now + VALID if token.expires_at is None else min(now + VALID, token.expires_at)
        opened = OpenSession(secrets.token_urlsafe(SECRET_BYTES), token, ends, (ends - now).total_seconds())
        with self._store.transaction(durable=True) as writes:
            add_session(writes, LoginSession(_digest(opened.secret), token.id, now, ends))
            writes.add_audit(_entry("login", actor, token, now))
        return opened

    def find(self, secret: str) -> OpenSession | None:
        """The valid session of a cookie. A token that was revoked or has expired ends its sessions at once."""
        if len(secret) > MAX_SECRET_CHARS:
            return None
        digest = _digest(secret)
        with self._store.read() as reads:
            stored = login_session(reads, digest)
            token = None if stored is None else access_token(reads, stored.token_id)
        now = self._clock.now()
        if stored is None or token is None or now >= stored.expires_at or not token.valid_at(now):
            return None
        # The index compares digests byte by byte: what it finds is compared again in constant time.
        if not hmac.compare_digest(stored.digest, digest):
            return None
        return OpenSession(secret, token, stored.expires_at, (stored.expires_at - now).total_seconds())

    def end(self, session: OpenSession, actor: Actor) -> None:
        """End a session and record the logout in the audit. Raises StoreError."""
        with self._store.transaction(durable=True) as writes:
            if end_session(writes, _digest(session.secret)):
                writes.add_audit(_entry("logout", actor, session.token, self._clock.now()))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _entry(action: str, actor: Actor, token: AccessToken, at: datetime) -> AuditEntry:
    detail = {"role": token.role, **actor.facts()}
    return AuditEntry(actor.name, action, f"token {token.name} ({token.id})", at, detail)
