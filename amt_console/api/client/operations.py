"""The use cases of another process's monitor, over its socket or HTTPS."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from amt_console import __version__
from amt_console.api import wire
from amt_console.api.actions import request_of
from amt_console.api.auth.claims import CLAIMS, claim_header
from amt_console.api.client.address import client_context, parse_address
from amt_console.api.client.transport import TIMEOUT_SECONDS, exchange
from amt_console.api.client.unix_transport import UnixTransport
from amt_console.model import Action, AlertAction, AlertDetail, AlertState, AlertView, Snapshot, Viewer
from amt_console.operations.actor import Actor
from amt_console.operations.protocol import (
    OperationError,
    Result,
    ServiceDetail,
)
from amt_console.text import safe_text

_API = "/api/v1/console"
KEEP_SECONDS = 3.0
"""An idle connection is given up before the server does so."""
Answer = TypeVar("Answer")


class RemoteOperations:
    """Implements ``Operations`` against a monitor's API. Safe to call from several threads.

    Args:
        url: ``unix:/path/to/socket`` or ``https://host:port``.
        token: Access token for HTTPS.
        session: A name of this console; with it everybody sees that somebody is present.
        may_monitor: Whether this console becomes the monitor when there is none.
        ca_file: PEM file of the authorities to trust instead of the system's.
        env: Where the claims come from, and ``SSL_CERT_FILE``.

    Raises:
        MonitorAddressError: The URL or the file of authorities cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        session: str | None = None,
        may_monitor: bool = True,
        ca_file: str | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        endpoint = parse_address(url)
        self.url = endpoint.url
        self._session = session
        self._headers: dict[str, str] = {wire.SESSION_HEADER: session} if session else {}
        if not may_monitor:
            self._headers[wire.NEVER_MONITOR_HEADER] = "1"
        self._client = httpx.Client(
            base_url="http://monitor" if endpoint.socket else endpoint.url,
            transport=UnixTransport(endpoint.socket, keep_seconds=KEEP_SECONDS) if endpoint.socket else None,
            headers=_standing_headers(token, env),
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(keepalive_expiry=KEEP_SECONDS),
            trust_env=False,
            verify=client_context(ca_file or env.get("SSL_CERT_FILE")) if endpoint.secure else True,
        )
        self._last: Snapshot | None = None

    def check(self) -> wire.Hello:
        """Whether the monitor answers, speaks our version, and knows this person.

        Raises UnavailableError, NotPermittedError, OperationError.
        """
        body = self._call("GET", f"{_API}/hello")[1]
        try:
            hello = wire.read(wire.HELLO, body)
        except ValueError:
            raise OperationError(f"what answers at {self.url} is not an amt-console server") from None
        if hello.protocol != wire.PROTOCOL:
            theirs = safe_text(hello.version, 40)
            raise OperationError(
                f"{self.url} runs amt-console {theirs}, this is {__version__}: run the same version on both sides"
            )
        return hello

    def tell_presence(self, viewers: Sequence[Viewer]) -> None:
        """Say who is present through this process, so that everybody sees it. Raises OperationError."""
        body = wire.RELAYED.dump_python(wire.Relayed(viewers=tuple(viewers)), mode="json")
        self._call("PUT", f"{_API}/presence", json=body)

    def wait_for_action(self, after: int, seconds: float) -> int:
        """Block until somebody acts or ``seconds`` are over; returns the number to pass next. Raises OperationError."""
        query = {"after": after, "wait": seconds}
        return self._read(wire.CHANGES, self._call("GET", f"{_API}/changes", query, patience=seconds)[1]).number

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The newest snapshot, or the one of a past moment."""
        last = self._last
        if at is not None:
            return self._read(wire.SNAPSHOT, self._call("GET", f"{_API}/snapshot", {"at": at.isoformat()})[1])
        known = {"if-none-match": wire.etag(last.version)} if last else {}
        status, body = self._call("GET", f"{_API}/snapshot", headers=known)
        if status == httpx.codes.NOT_MODIFIED and last is not None:
            return last
        self._last = found = self._read(wire.SNAPSHOT, body)
        return found

    def alert(self, alert_id: int) -> AlertDetail:
        """An episode with its events. Raises NotFoundError."""
        return self._read(wire.ALERT_DETAIL, self._call("GET", f"{_API}/alerts/{alert_id}")[1])

    def alerts(
        self, states: Sequence[AlertState] | None = None, *, since: datetime | None = None, limit: int = 200
    ) -> tuple[AlertView, ...]:
        """Open episodes worst first, or the episodes in ``states``, newest first."""
        query: dict[str, Any] = {"limit": limit}
        if states is not None:
            query["state"] = [state.value for state in states]
        if since is not None:
            query["since"] = since.isoformat()
        return self._read(wire.ALERTS, self._call("GET", f"{_API}/alerts", query)[1])

    def service(self, name: str, *, hours: float = 24) -> ServiceDetail:
        """One service with history. Raises NotFoundError."""
        return self._read(wire.SERVICE_DETAIL, self._call("GET", f"{_API}/service", {"name": name, "hours": hours})[1])

    def act(self, action: Action[Result], *, actor: Actor | None = None) -> Result:
        """Do what a person wants, under the name that the monitor's system knows this process by.

        In the name of another ``actor`` only for a process of the monitor's own user: others are not believed.
        """
        path, body = request_of(action)
        answer = self._call("POST", f"{_API}{path}", json=body, actor=actor)[1]
        return cast("Result", self._read(wire.ALERT, answer) if isinstance(action, AlertAction) else None)

    def close(self) -> None:
        """Say goodbye, so that nobody sees a ghost. Idempotent."""
        if self._client.is_closed:
            return
        with suppress(httpx.HTTPError), closing(self._client):
            if self._session:
                self._client.delete(f"{_API}/session", headers=self._headers, timeout=0.5)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        json: object | None = None,
        *,
        actor: Actor | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float = 0.0,
    ) -> tuple[int, bytes]:
        standing = self._headers
        if actor is not None:
            standing = {wire.BEHALF_HEADER: quote(actor.name), wire.BEHALF_VIA_HEADER: quote(actor.via or "")}
        request = self._client.build_request(
            method,
            path,
            params=dict(query or {}),
            json=json,
            headers={**standing, **(headers or {})},
            timeout=httpx.Timeout(TIMEOUT_SECONDS, read=TIMEOUT_SECONDS + patience),
        )
        return exchange(self._client, request, self.url)

    def _read(self, adapter: TypeAdapter[Answer], body: bytes) -> Answer:
        try:
            return wire.read(adapter, body)
        except ValueError as error:
            raise OperationError(
                "the monitor speaks another version of the program: run the same version on both sides"
            ) from error


def _standing_headers(token: str | None, env: Mapping[str, str]) -> dict[str, str]:
    headers = {claim_header(name): _ascii(env[name]) for name in CLAIMS if env.get(name)}
    headers |= {"user-agent": f"amt-console/{__version__}", "accept-encoding": "identity"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return headers


def _ascii(text: str) -> str:
    return safe_text(text, 200).encode("ascii", "replace").decode()
