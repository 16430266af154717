"""Signed links with which a person acknowledges an alert from where its message arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.model.notifications import Notice

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

LINK_PATH = "/acknowledge"
VALID = timedelta(hours=24)
"""As long as a page may be on its way."""
_SALT = "amt-console acknowledge"


class LinkRefused(Exception):
    """The link was not made by this installation, or is damaged."""


class LinkExpired(Exception):
    """The link was valid once."""


@dataclass(frozen=True, slots=True)
class AcknowledgeClaim:
    """What a link says. Everything in it is signed."""

    alert_id: int
    version: int
    """Of the alert when the message was made."""
    severity: str
    receiver: str
    """The person, or the channel that more than one person reads."""
    person: bool
    """Whether ``receiver`` is a person."""
    expires_at: datetime


class AcknowledgeLinks:
    """Makes links and reads them; safe from any thread.

    The key is read for the first link: reading it loads the cipher, 7 MB that a monitor without links does without.

    Args:
        key: Reads the secret of this installation; called once.
        clock: The time.
    """

    def __init__(self, key: Callable[[], bytes], clock: Clock) -> None:
        self._read_key = key
        self._known_key: bytes | None = None
        self._reading = threading.Lock()
        self._clock = clock

    def url(self, base: str, notice: Notice, receiver: str, *, person: bool) -> str:
        """The link for one receiver of a page; ``base`` is the address of the API for people."""
        expires = int((self._clock.now() + VALID).timestamp())
        claim = [notice.alert_id, notice.version, notice.severity.value, receiver, person, expires]
        return f"{base.rstrip('/')}{LINK_PATH}/{self._signer(_SALT).dumps(claim)}"

    def signer(self, purpose: str) -> URLSafeSerializer:
        """A signer with the same key for another purpose; what it signs is no link."""
        return self._signer(f"amt-console {purpose}")

    def read(self, token: str) -> AcknowledgeClaim:
        """What a link says.

        Raises:
            LinkRefused: The signature is wrong.
            LinkExpired: Its time is over.
        """
        from itsdangerous import BadData

        try:
            alert_id, version, severity, receiver, person, expires = self._signer(_SALT).loads(token)
            claim = AcknowledgeClaim(
                int(alert_id),
                int(version),
                str(severity),
                str(receiver),
                bool(person),
                datetime.fromtimestamp(expires, UTC),
            )
        except (BadData, ValueError, TypeError, OverflowError) as error:
            raise LinkRefused(str(error)) from None
        if self._clock.now() >= claim.expires_at:
            raise LinkExpired
        return claim

    def _signer(self, salt: str) -> URLSafeSerializer:
        from itsdangerous import URLSafeSerializer

        with self._reading:
            if self._known_key is None:
                self._known_key = self._read_key()
        return URLSafeSerializer(self._known_key, salt=salt)
