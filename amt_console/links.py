"""Signed links with which a person acknowledges an alert from where its message arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from amt_console.clock import Clock
from amt_console.model.notifications import Notice

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
    """Makes links and reads them.

    Args:
        key: Secret of this installation.
        clock: The time.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._signer = URLSafeSerializer(key, salt=_SALT)
        self._clock = clock

    def url(self, base: str, notice: Notice, receiver: str, *, person: bool) -> str:
        """The link for one receiver of a page; ``base`` is the address of the API for people."""
        expires = int((self._clock.now() + VALID).timestamp())
        token = self._signer.dumps([notice.alert_id, notice.version, notice.severity.value, receiver, person, expires])
        return f"{base.rstrip('/')}{LINK_PATH}/{token}"

    def signer(self, purpose: str) -> URLSafeSerializer:
        """A signer with the same key for another purpose; what it signs is no link."""
        return URLSafeSerializer(self._key, salt=f"amt-console {purpose}")

    def read(self, token: str) -> AcknowledgeClaim:
        """What a link says.

        Raises:
            LinkRefused: The signature is wrong.
            LinkExpired: Its time is over.
        """
        try:
            alert_id, version, severity, receiver, person, expires = self._signer.loads(token)
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
