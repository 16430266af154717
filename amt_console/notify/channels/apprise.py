"""Any service of the Apprise library, an extra: ``pip install 'amt-console[apprise]'``."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import threading
from datetime import tzinfo

from amt_console.config.faults import Refused
from amt_console.hosts import never_a_target_by_name
from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.templates.content import MessageTone, content_of
from amt_console.notify.templates.plain import plain_text
from amt_console.redaction import redacted

DEADLINE = 45.0
_KINDS = {
    MessageTone.CRITICAL: "failure",
    MessageTone.WARNING: "warning",
    MessageTone.INFO: "info",
    MessageTone.GOOD: "success",
}


class AppriseChannel:
    """Hands messages to Apprise, in a thread: its services block."""

    type = ChannelType.APPRISE
    groups = True

    def __init__(self, name: str, url: str, *, zone: tzinfo | None = None, deadline: float = DEADLINE) -> None:
        """Raises Refused without the library."""
        if importlib.util.find_spec("apprise") is None:
            raise Refused("Apprise is not installed: pip install 'amt-console[apprise]'")
        self.name = name
        self._url = url
        self._zone = zone
        self._deadline = deadline

    async def send(self, message: Message) -> None:
        """Hand it over. Apprise says only whether it worked. Raises DeliveryError.

        Its services connect by themselves, so only what is written in the URL can be checked. The part of a host may
        be a token of a service, so it is not looked up.
        """
        host = self._url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        if never_a_target_by_name(host if host.endswith("]") else host.rpartition(":")[0] or host):
            raise DeliveryError(FailureReason.BLOCKED_ADDRESS, f"nothing is ever sent to {host}")
        content = content_of(message, self._zone)
        text = plain_text(content)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[DeliveryError | None] = loop.create_future()

        def settle(failure: DeliveryError | None) -> None:
            if not done.done():
                done.set_result(failure)

        def work() -> None:
            failure = self._notify(content.subject, text, _KINDS[content.tone])
            try:
                loop.call_soon_threadsafe(settle, failure)
            except RuntimeError:
                return  # the loop has ended

        # A daemon thread: a service that hangs must not delay the end of the program.
        threading.Thread(target=work, name=f"apprise-{self.name}", daemon=True).start()
        try:
            async with asyncio.timeout(self._deadline):
                failure = await done
        except TimeoutError:
            raise DeliveryError(
                FailureReason.TIMEOUT, f"Apprise did not end within {self._deadline:g} s", retry=True
            ) from None
        if failure is not None:
            raise failure

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def _notify(self, title: str, body: str, kind: str) -> DeliveryError | None:
        scheme, _, rest = self._url.partition("://")
        secrets = (self._url, rest, *re.split(r"[/@:?&=]", rest))
        try:
            import apprise  # it takes a second, and is an extra

            services = apprise.Apprise()
            if not services.add(self._url):
                words = f"Apprise knows no service {scheme}://, or its URL is not complete"
                return DeliveryError(FailureReason.CONFIGURATION, words)
            with apprise.LogCapture(fmt="%(message)s") as log:
                if services.notify(body=body, title=title, notify_type=kind, body_format="text"):
                    return None
                words = " ".join(log.getvalue().split("\n")[:2]).strip() or "not delivered"
        except Exception as error:  # one of a hundred plugins
            words = str(error) or type(error).__name__
        return DeliveryError(FailureReason.SERVER_ERROR, f"Apprise: {redacted(words, secrets)}", retry=True)
