"""Receivers of messages under test: HTTP servers that keep what they got, and a mail server."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from support.http_servers import RunningServer, answer, header_of, serve

Reply = bytes | Callable[[int], bytes]
"""The answer, or what makes it from the number of the request, from 0."""


OK = answer()


@dataclass
class Inbox:
    """What an HTTP receiver got."""

    server: RunningServer
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The receiver's address, with a secret path."""
        return f"{self.server.url}/services/T000/B000/xoxsecretpath"

    @property
    def documents(self) -> list[Any]:
        """The bodies, as JSON."""
        return [json.loads(body) for body in self.bodies]

    def header(self, name: str, request: int = -1) -> str | None:
        """A header of one of the requests."""
        return header_of(self.server.requests[request], name)


@contextlib.asynccontextmanager
async def http_receiver(
    reply: Reply = OK, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, wait: float = 0.0
) -> AsyncIterator[Inbox]:
    """A receiver that answers each request with ``reply``."""
    bodies: list[bytes] = []

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(int(header_of(head, "content-length") or 0)))
        await asyncio.sleep(wait)
        writer.write(reply if isinstance(reply, bytes) else reply(len(bodies) - 1))
        await writer.drain()

    async with serve(handle, host=host, tls=tls) as server:
        yield Inbox(server, bodies)


@dataclass
class MailServer:
    """A mail server with what it got."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    """Of each mail, whether it came over TLS."""
    data_reply: str = "250 OK"
    hang_after_data: bool = False
    """Accept the mail and never say so."""
    refusals: dict[str, str] = field(default_factory=dict)
    """Answers to recipients; those not named are accepted."""
    password: str | None = None
    """What a login needs."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse one recipient."""
        if (refusal := self.refusals.get(address)) is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        content = envelope.content
        assert isinstance(content, bytes)
        if self.data_reply.startswith("2"):
            self.mails.append(email.message_from_bytes(content, policy=email.policy.default))  # type: ignore[arg-type]
            self.recipients.append(list(envelope.rcpt_tos))
            self.encrypted.append(session.ssl is not None)
        if self.hang_after_data:
            await asyncio.Event().wait()
        return self.data_reply

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Check a login."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == self.password, handled=False)


@contextlib.asynccontextmanager
async def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit_tls: ssl.SSLContext | None = None,
    **behaviour: Any,
) -> AsyncIterator[MailServer]:
    """A mail server on loopback; with a ``password`` it offers a login, over TLS alone if it offers TLS."""
    running = MailServer(**behaviour)
    loop = asyncio.get_running_loop()
    connections: list[SMTP] = []

    def connection() -> SMTP:
        smtp = SMTP(
            running,
            hostname="mail.test",
            loop=loop,
            tls_context=starttls,
            authenticator=running.authenticate if running.password is not None else None,
            auth_require_tls=starttls is not None,
            enable_SMTPUTF8=True,
        )
        connections.append(smtp)
        return smtp

    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=implicit_tls)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for smtp in connections:
            if smtp.transport is not None:
                smtp.transport.abort()
            task = smtp._handler_coroutine
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)
