"""An HTTP receiver of messages: posts to it, and says what its answer means."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from amt_console.clock import Clock
from amt_console.notify.channels.answers import refuse_unless_accepted
from amt_console.notify.channels.http import HttpSender, ReceiverAnswer
from amt_console.redaction import redacted

USER_AGENT = "amt-console"
JSON = "application/json"
_SECRET_SEGMENT_CHARS = 8
"""Shorter parts of a path are words."""


class HttpReceiver:
    """One address that messages are posted to.

    Args:
        url: With whatever secrets it holds.
        sender: Posts.
        clock: Reads dates in answers.
        label: The receiver's name in errors, such as ``Slack``.
        advice: What to do when the receiver refuses.
        busy_seconds: How long to wait when it is busy and does not say for how long.
        secrets: Further ones that its answers must not show.
    """

    def __init__(
        self,
        url: str,
        sender: HttpSender,
        clock: Clock,
        *,
        label: str,
        advice: str | None = None,
        busy_seconds: float | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        self._url = url
        self._sender = sender
        self._clock = clock
        self._label = label
        self._advice = advice
        self._busy_seconds = busy_seconds
        self._secrets = (*_secrets_of(url), *secrets)

    async def post_json(self, document: object, headers: Mapping[str, str] | None = None) -> ReceiverAnswer:
        """Post a JSON document; returns the answer if it is a 2xx one. Raises DeliveryError."""
        return await self.post(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"), JSON, headers)

    async def post(self, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> ReceiverAnswer:
        """Post a body; returns the answer if it is a 2xx one. Raises DeliveryError."""
        sent = {"content-type": content_type, "user-agent": USER_AGENT, "accept": "*/*", **(headers or {})}
        answer = await self._sender.post(self._url, body, sent)
        answer = replace(answer, body=redacted(answer.body, self._secrets))
        refuse_unless_accepted(answer, self._label, self._clock, advice=self._advice, busy_seconds=self._busy_seconds)
        return answer

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._sender.aclose()


def _secrets_of(url: str) -> list[str]:
    """What must not be shown of a URL: its path as a whole and in parts, its parameters, its password."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if len(segment) >= _SECRET_SEGMENT_CHARS]
    values = [value for _, value in parse_qsl(parts.query)]
    return [parts.path, *segments, parts.query, *values, parts.password or ""]
