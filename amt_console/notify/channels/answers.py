"""What a receiver's HTTP answer means: delivered, try again, or never."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from amt_console.clock import Clock
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.http import ReceiverAnswer
from amt_console.text import safe_text

MAX_RETRY_AFTER = 15 * 60.0
"""Seconds; a receiver that asks for more is asked again after this."""
_SHOWN_CHARS = 120
_RETRIED = frozenset((408, 423, 425))
_AUTH = frozenset((401, 407))


def retry_after(answer: ReceiverAnswer, clock: Clock) -> float | None:
    """Seconds that a receiver asks to wait, as a number or as a date; ``None`` for nothing that makes sense."""
    written = answer.headers.get("retry-after", "").strip()
    if not written:
        return None
    try:
        seconds = float(written)
    except ValueError:
        try:
            moment = parsedate_to_datetime(written)
            # A date without a zone is GMT, as RFC 9110 says.
            seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - clock.now()).total_seconds()
        except (ValueError, OverflowError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER)


def refuse_unless_accepted(
    answer: ReceiverAnswer, receiver: str, clock: Clock, *, advice: str | None = None, busy_seconds: float | None = None
) -> None:
    """Return for a 2xx answer.

    Args:
        answer: The receiver's.
        receiver: Its name in the error.
        clock: Reads a ``Retry-After`` that is a date.
        advice: What to do about a refusal.
        busy_seconds: How long to wait after a 429 that does not say it.

    Raises:
        DeliveryError: For any other: 5xx and 429 are tried again, other 4xx never.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    words = said(answer)
    what = f"{receiver} answered {status}{f': {words}' if words else ''}"
    if status == 429:
        wait = retry_after(answer, clock)
        wait = busy_seconds if wait is None else wait
        raise DeliveryError(FailureReason.RATE_LIMITED, what, retry=True, retry_after=wait)
    if status >= 500 or status in _RETRIED:
        raise DeliveryError(FailureReason.SERVER_ERROR, what, retry=True, retry_after=retry_after(answer, clock))
    hint = f" ({advice})" if advice else ""
    raise DeliveryError(FailureReason.AUTH if status in _AUTH else FailureReason.CLIENT_ERROR, what + hint)


def said(answer: ReceiverAnswer) -> str:
    """What an answer's body says to people: the error in a JSON document, else its first line; nothing of a page."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        line = next((line.strip() for line in answer.body.splitlines() if line.strip()), "")
        return "" if line.startswith("<") else safe_text(line, _SHOWN_CHARS)
    if isinstance(document, dict):
        errors = document.get("errors")
        listed = errors if isinstance(errors, list) else []
        words = [document.get("message"), document.get("error"), *listed]
        document = ", ".join(word for word in words if isinstance(word, str)) or answer.body
    return safe_text(document, _SHOWN_CHARS)


def at(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
