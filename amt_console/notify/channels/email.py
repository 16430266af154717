"""Mail, over SMTP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from amt_console.clock import Clock
from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.templates.content import content_of
from amt_console.redaction import redacted
from amt_console.text import safe_text

if TYPE_CHECKING:
    from email.message import EmailMessage

    import aiosmtplib

    from amt_console.notify.channels.mail_message import Attachment

DEADLINE = 50.0
"""Seconds for one mail, from the look-up of the server to its last answer."""
CONNECT_SECONDS = 10.0
"""Longest wait for one address of the server."""
GOODBYE_SECONDS = 2.0
IMPLICIT_TLS_PORT = 465
MAX_REMEMBERED = 1000
_LIBRARIES = ("aiosmtplib", "amt_console.notify.channels.mail_message")
"""They take 2 MB, and many monitors never send a mail: loaded for the first one."""
_HELO = re.compile(r"[A-Za-z0-9.-]{1,200}")
_log = logging.getLogger("amt_console.notify")


@dataclass(frozen=True, slots=True)
class MailServer:
    """How a mail server is reached."""

    host: str
    port: int
    tls: Literal["auto", "starttls", "tls", "none"] = "auto"
    """``auto``: STARTTLS where it is offered, required with a password; TLS from the first byte on port 465."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def implicit_tls(self) -> bool:
        """TLS from the first byte."""
        return self.tls == "tls" or (self.tls == "auto" and self.port == IMPLICIT_TLS_PORT)

    @property
    def must_encrypt(self) -> bool:
        """Whether nothing is sent without TLS, and the certificate is verified."""
        return self.tls in ("starttls", "tls") or self.password is not None


@cache
def _context(*, verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verified:
        # Without a password ``auto`` may send readable; a certificate that nobody signed is no worse.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class EmailChannel:
    """Sends each message as one mail to all recipients, over a connection of its own."""

    type = ChannelType.EMAIL
    groups = True

    def __init__(
        self,
        name: str,
        server: MailServer,
        *,
        sender: str,
        recipients: Sequence[str],
        instance: str,
        clock: Clock,
        zone: tzinfo | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self.name = name
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)
        self._instance = instance
        self._clock = clock
        self._zone = zone
        self._deadline = deadline
        self._rules = AddressRules(restricted=False)
        self._waiting: dict[int, tuple[str, ...]] = {}
        """Recipients that were put off while others accepted, by message: only these get it again."""

    async def send(self, message: Message) -> None:
        """Send it to everybody. Raises DeliveryError."""
        await asyncio.to_thread(_load)
        import aiosmtplib

        from amt_console.notify.channels.mail_message import mail_message, read_attachments

        recipients = self._waiting.get(message.id, self._recipients)
        files: tuple[Attachment, ...] = ()
        if message.attachments:
            files, left_out = await asyncio.to_thread(read_attachments, message.attachments)
            if left_out:
                message = replace(message, text=f"{message.text or ''}\nNot attached: {', '.join(left_out)}.")
        mail = mail_message(
            message,
            content_of(message, self._zone),
            sender=self._sender,
            recipients=self._recipients,
            instance=self._instance,
            now=self._clock.now(),
            attachments=files,
        )
        try:
            async with asyncio.timeout(self._deadline):
                refused = await self._deliver(mail, recipients)
        except TimeoutError:
            raise self._error(
                FailureReason.TIMEOUT, f"gave no answer within {self._deadline:g} s", retry=True
            ) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise self._failure(error) from None
        self._judge(message, refused)

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def _deliver(self, mail: EmailMessage, recipients: Sequence[str]) -> dict[str, aiosmtplib.SMTPResponse]:
        import aiosmtplib

        server = self._server
        context = await asyncio.to_thread(_context, verified=server.must_encrypt)
        client = aiosmtplib.SMTP(
            hostname=server.host,
            sock=await self._connected(),
            local_hostname=_own_name(),
            use_tls=server.implicit_tls,
            start_tls=False,
            tls_context=context,
            timeout=self._deadline,
        )
        try:
            await client.connect()
            if not server.implicit_tls:
                await self._encrypt(client)
            if server.username is not None and server.password is not None:
                await client.login(server.username, server.password)
            refused, _ = await client.send_message(mail, sender=self._sender, recipients=list(recipients))
            with contextlib.suppress(aiosmtplib.SMTPException, TimeoutError):
                await client.quit(timeout=GOODBYE_SECONDS)  # the mail is accepted already
            return refused
        finally:
            client.close()

    async def _encrypt(self, client: aiosmtplib.SMTP) -> None:
        server = self._server
        if server.tls == "none":
            return
        await client.ehlo()
        if client.supports_extension("starttls"):
            await client.starttls()
        elif server.must_encrypt:
            why = (
                "the password would be sent readable" if server.password is not None else 'tls = "starttls" requires it'
            )
            raise self._error(
                FailureReason.TLS,
                f'offers no STARTTLS, and {why}; with TLS from the first byte (usually port 465) set tls = "tls"',
                retry=True,
            )

    async def _connected(self) -> socket.socket:
        server = self._server
        loop = asyncio.get_running_loop()
        failure: OSError | None = None
        for ip in await self._rules.addresses(server.host, server.port):
            sock = socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await loop.sock_connect(sock, (str(ip), server.port))
            except BaseException as error:
                sock.close()
                if not isinstance(error, OSError):
                    raise
                failure = failure or error
            else:
                return sock
        assert failure is not None
        if isinstance(failure, TimeoutError):
            raise self._error(FailureReason.TIMEOUT, f"no connection within {CONNECT_SECONDS:g} s", retry=True)
        raise self._error(
            FailureReason.NETWORK,
            f"no connection: {os.strerror(failure.errno) if failure.errno else failure}",
            retry=True,
        )

    def _judge(self, message: Message, refused: dict[str, aiosmtplib.SMTPResponse]) -> None:
        """Recipients that were put off are tried again alone; one that does not exist must not hold up the others."""
        self._waiting.pop(message.id, None)
        later = tuple(address for address, answer in refused.items() if answer.code < 500)
        for address, answer in refused.items():
            if address not in later:
                words = safe_text(answer.message, 120)
                _log.warning(
                    "channel %s: %s is refused by %s: %d %s", self.name, address, self._server.host, answer.code, words
                )
        if later:
            if len(self._waiting) < MAX_REMEMBERED:
                self._waiting[message.id] = later
            raise self._error(
                FailureReason.SERVER_ERROR, f"puts off {', '.join(later)}: {refused[later[0]]}", retry=True
            )

    def _failure(self, error: Exception) -> DeliveryError:
        import aiosmtplib

        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            words = f"refuses the login: {error.code} {error.message}"
            return self._error(FailureReason.AUTH, words, retry=error.code < 500)
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            answers = error.recipients
            first = answers[0]
            temporary = any(answer.code < 500 for answer in answers)
            reason = FailureReason.SERVER_ERROR if temporary else FailureReason.CLIENT_ERROR
            return self._error(reason, f"refuses {first.recipient}: {first.code} {first.message}", retry=temporary)
        if isinstance(error, aiosmtplib.SMTPResponseException):
            temporary = error.code < 500
            reason = FailureReason.SERVER_ERROR if temporary else FailureReason.CLIENT_ERROR
            return self._error(reason, f"answered {error.code} {error.message}", retry=temporary)
        cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return self._error(FailureReason.TLS, f"has no valid certificate: {cause.verify_message}", retry=True)
        if isinstance(cause, ssl.SSLError):
            return self._error(FailureReason.TLS, f"no TLS connection: {cause.reason or cause}", retry=True)
        if isinstance(error, TimeoutError):
            return self._error(FailureReason.TIMEOUT, str(error), retry=True)
        if isinstance(error, OSError):
            return self._error(FailureReason.NETWORK, f"broke the connection: {error}", retry=True)
        return self._error(FailureReason.CLIENT_ERROR, str(error), retry=False)

    def _error(self, reason: FailureReason, what: str, *, retry: bool) -> DeliveryError:
        secrets = (self._server.password or "",)
        return DeliveryError(reason, f"{self._server.host}: {redacted(what, secrets)}", retry=retry)


def _load() -> None:
    for name in _LIBRARIES:
        import_module(name)


def _own_name() -> str:
    name = socket.gethostname()
    return name if _HELO.fullmatch(name) else "localhost"
