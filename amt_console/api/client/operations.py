"""The use cases of a monitor in another process, over its socket or HTTPS."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote, urlencode

from amt_console import __version__
from amt_console.api import wire
from amt_console.api.auth.claims import CLAIMS, claim_header
from amt_console.api.client.address import client_context, parse_address
from amt_console.api.client.exchange import exchange
from amt_console.api.client.http import HttpClient
from amt_console.operations.actor import Actor
from amt_console.operations.protocol import (
    EVERY_ALERT,
    ONCALL_DAYS,
    SERVICE_BUCKETS,
    AlertFilter,
    OperationError,
    Result,
    ServiceDetail,
)
from amt_console.text import safe_text

# The first frame needs no actions, and few answers: they are loaded when they are asked for.
if TYPE_CHECKING:
    from amt_console.model import Action, AlertDetail, AlertState, AlertView, PresentPerson, Snapshot
    from amt_console.model.oncall import OncallPlan
    from amt_console.model.policy import MaintenanceWindow, Silence
    from amt_console.model.queries import Query
    from amt_console.model.why import AlertWhy

_API = "/api/v1/console"
TIMEOUT_SECONDS = 5.0
GOODBYE_SECONDS = 0.5
_NOT_MODIFIED = 304
Answer = TypeVar("Answer")


class RemoteOperations:
    """Implements ``Operations`` on a monitor's API. Thread-safe.

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
        self._standing = _standing_headers(token, env)
        context = client_context(ca_file or env.get("SSL_CERT_FILE")) if endpoint.secure else None
        self._client = HttpClient(endpoint, context)
        self._last: Snapshot | None = None

    def check(self) -> wire.Hello:
        """Whether the monitor answers, speaks our version, and knows this person.

        Raises UnavailableError, NotPermittedError, OperationError.
        """
        body = self._call("GET", f"{_API}/hello")[1]
        try:
            hello = wire.HELLO.decode(body)
        except ValueError:
            raise OperationError(f"what answers at {self.url} is not an amt-console server") from None
        if hello.protocol != wire.PROTOCOL:
            theirs = safe_text(hello.version, 40)
            raise OperationError(
                f"{self.url} runs amt-console {theirs}, this is {__version__}: run the same version on both sides"
            )
        return hello

    def tell_presence(self, people: Sequence[PresentPerson]) -> None:
        """Report who is present through this process. Raises OperationError."""
        self._call("PUT", f"{_API}/presence", json=wire.Relayed(people=tuple(people)))

    def wait_for_action(self, after: int, seconds: float) -> wire.ActionCount:
        """Block until somebody acts or ``seconds`` are over; returns what to wait from next. Raises OperationError."""
        query = {"after": after, "wait": seconds}
        return self._read(
            wire.ACTION_COUNT, self._call("GET", f"{_API}/changes", query, timeout=TIMEOUT_SECONDS + seconds)[1]
        )

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The newest snapshot, or the one of a past moment."""
        last = self._last
        if at is not None:
            return self._read(wire.SNAPSHOT, self._call("GET", f"{_API}/snapshot", _as_of(at))[1])
        known = {"if-none-match": wire.etag(last.version)} if last else {}
        status, body = self._call("GET", f"{_API}/snapshot", headers=known)
        if status == _NOT_MODIFIED and last is not None:
            return last
        self._last = found = self._read(wire.SNAPSHOT, body)
        return found

    def alert(self, alert_id: int, *, at: datetime | None = None) -> AlertDetail:
        """An episode with its events, now or as of a past moment. Raises NotFoundError."""
        from amt_console.api.answer_forms import ALERT_DETAIL

        return self._read(ALERT_DETAIL, self._call("GET", f"{_API}/alerts/{alert_id}", _as_of(at))[1])

    def alerts(
        self,
        states: Sequence[AlertState] | None = None,
        *,
        since: datetime | None = None,
        limit: int = 200,
        after: int | None = None,
        only: AlertFilter = EVERY_ALERT,
    ) -> tuple[AlertView, ...]:
        """Open episodes worst first, or the episodes in ``states``, newest first."""
        query: dict[str, Any] = {"limit": limit}
        if states is not None:
            query["state"] = [state.value for state in states]
        if since is not None:
            query["since"] = since.isoformat()
        if after is not None:
            query["after"] = after
        if only.until is not None:
            query["until"] = only.until.isoformat()
        query |= {"severity": list(only.severities), "service": list(only.services), "group": list(only.groups)}
        from amt_console.api.answer_forms import ALERTS

        return self._read(ALERTS, self._call("GET", f"{_API}/alerts", query)[1])

    def service(
        self, name: str, *, hours: float = 24, at: datetime | None = None, most_buckets: int = SERVICE_BUCKETS
    ) -> ServiceDetail:
        """One service with its history up to now or up to a past moment. Raises NotFoundError."""
        query = {"name": name, "hours": hours, "most_buckets": most_buckets, **_as_of(at)}
        from amt_console.api.answer_forms import SERVICE_DETAIL

        return self._read(SERVICE_DETAIL, self._call("GET", f"{_API}/service", query)[1])

    def ask(self, query: Query[Answer], *, actor: Actor | None = None) -> Answer:
        """Answer a question of a screen."""
        body = self._call("POST", f"{_API}/ask/{query.name}", json=query, actor=actor)[1]
        return cast("Answer", self._read(wire.answer_form(query.answer), body))

    def why(self, alert_id: int) -> AlertWhy:
        """Why an alert was told to somebody, or not, as stored when it was decided. Raises NotFoundError."""
        from amt_console.api.answer_forms import WHY

        return self._read(WHY, self._call("GET", f"{_API}/alerts/{alert_id}/why", {})[1])

    def oncall(self, at: datetime | None = None, *, days: float = ONCALL_DAYS, days_before: float = 0) -> OncallPlan:
        """Who is on call at a moment, by default now, and in the days around it."""
        query = {"days": days, "days_before": days_before, **_as_of(at)}
        from amt_console.api.answer_forms import ONCALL

        return self._read(ONCALL, self._call("GET", f"{_API}/oncall", query)[1])

    def silences(self, *, ended: bool = False) -> tuple[Silence, ...]:
        """Silences of the configuration and of people."""
        from amt_console.api.answer_forms import SILENCES

        return self._read(SILENCES, self._call("GET", f"{_API}/silences", _all(ended))[1])

    def maintenance(self, *, ended: bool = False) -> tuple[MaintenanceWindow, ...]:
        """Planned work of the configuration and of people."""
        from amt_console.api.answer_forms import MAINTENANCE

        return self._read(MAINTENANCE, self._call("GET", f"{_API}/maintenance", _all(ended))[1])

    def act(self, action: Action[Result], *, actor: Actor | None = None) -> Result:
        """Execute an action. The monitor names the person by the credentials of this process.

        Another ``actor`` is accepted only from a process of the monitor's own user.
        """
        from amt_console.api.actions import request_of

        path, body = request_of(action)
        answer = self._call("POST", f"{_API}{path}", json=body, actor=actor)[1]
        kind = type(action).answer
        return cast("Result", None if kind is None else self._read(wire.answer_form(kind), answer))

    def close(self) -> None:
        """End the presence of this console. Idempotent."""
        if self._client.closed:
            return
        with closing(self._client), suppress(OperationError):
            if self._session:
                self._call("DELETE", f"{_API}/session", timeout=GOODBYE_SECONDS)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        json: object | None = None,
        *,
        actor: Actor | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> tuple[int, bytes]:
        named = self._headers
        if actor is not None:
            named = {
                wire.BEHALF_HEADER: quote(actor.name),
                wire.BEHALF_VIA_HEADER: quote(actor.via or ""),
                wire.BEHALF_ROLE_HEADER: actor.role.value,
            }
        sent = {**self._standing, **named, **(headers or {})}
        body = None
        if json is not None:
            body, sent["content-type"] = wire.encode(json), "application/json"
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        patience = TIMEOUT_SECONDS if timeout is None else timeout
        return exchange(self._client, method, target, sent, body, place=self.url, timeout=patience)

    def _read(self, form: wire.Form[Answer], body: bytes) -> Answer:
        try:
            return form.decode(body)
        except ValueError as error:
            raise OperationError(
                "the monitor speaks another version of the program: run the same version on both sides"
            ) from error


def _all(ended: bool) -> dict[str, Any]:
    return {"all": "true"} if ended else {}


def _as_of(at: datetime | None) -> dict[str, Any]:
    return {} if at is None else {"at": at.isoformat()}


def _standing_headers(token: str | None, env: Mapping[str, str]) -> dict[str, str]:
    headers = {claim_header(name): _ascii(env[name]) for name in CLAIMS if env.get(name)}
    headers |= {"user-agent": f"amt-console/{__version__}", "accept-encoding": "gzip"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return headers


def _ascii(text: str) -> str:
    return safe_text(text, 200).encode("ascii", "replace").decode()
