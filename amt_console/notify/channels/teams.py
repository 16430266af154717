"""Microsoft Teams, through a workflow that posts to a channel."""

from __future__ import annotations

import re
from datetime import tzinfo

from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.answers import said
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.templates.content import content_of
from amt_console.notify.templates.teams import teams_message

BUSY_SECONDS = 60.0
"""How long to wait when Teams is busy and does not say for how long."""
_ERROR_STATUS = re.compile(r"\bHTTP error (\d{3})\b")
_ERROR_WORDS = re.compile(r"\berror\b|\bfailed\b", re.I)


class TeamsChannel:
    """Posts an Adaptive Card. 202 means that the workflow began: only a person can say whether the card was shown."""

    type = ChannelType.TEAMS
    groups = True

    def __init__(self, name: str, receiver: HttpReceiver, *, zone: tzinfo | None = None) -> None:
        self.name = name
        self._receiver = receiver
        self._zone = zone

    async def send(self, message: Message) -> None:
        """Post it. A 2xx answer whose body tells of an error is a failure. Raises DeliveryError."""
        answer = await self._receiver.post_json(teams_message(content_of(message, self._zone)))
        if not _ERROR_WORDS.search(answer.body):
            return
        words = f"Teams answered {answer.status} and says: {said(answer)}"
        found = _ERROR_STATUS.search(answer.body)
        status = int(found[1]) if found else 0
        if status == 429:
            raise DeliveryError(FailureReason.RATE_LIMITED, words, retry=True, retry_after=BUSY_SECONDS)
        raise DeliveryError(FailureReason.INVALID_RESPONSE, words, retry=status >= 500)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()
