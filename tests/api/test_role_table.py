"""Who may use which route: every route of the application with every role, and without a valid token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import Response

from amt_console.api.app import create_app
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.token_callers import TokenCallers
from amt_console.api.auth.tokens import NewToken, TokenBook, new_token
from amt_console.api.routes.access import PROBE_KEY, ROLE_KEY, GuardedRoute, OpenRoute, needs
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.model import Role
from amt_console.store import Store, audit_entries, revoke_token

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
Operation = tuple[str, str]
TOO_LARGE = {"content-length": "9999999"}
"""Refused with 413 as soon as the role is known to be enough: no handler runs, and no body is read."""
WITHOUT_TOKEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/acknowledge/{token}"),
    ("POST", "/acknowledge/{token}"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/logout"),
    ("POST", "/logout"),
    ("POST", "/api/v1/hooks/generic"),
    *((method, path) for method in ("GET", "HEAD", "POST") for path in ("/ping/{key}", "/ping/{key}/{word}")),
}
"""Operations that need no token: hooks are signed, jobs have keys. Health is answered whatever the body."""
OTHER_ROLES = {
    ("DELETE", "/api/v1/console/session"): Role.VIEWER,
    ("PUT", "/api/v1/console/presence"): Role.VIEWER,
    ("POST", "/api/v1/console/ask/{name}"): Role.VIEWER,
    ("GET", "/api/v1/audit"): Role.ADMIN,
}
"""Operations with another role than their method's: a console of a viewer says that it is there, asks, and leaves; the
audit trail names people and addresses.
"""


def usual_role(method: str) -> Role:
    """Looking needs a viewer, changing an operator."""
    return Role.VIEWER if method in ("GET", "HEAD") else Role.OPERATOR


def operations(app: Any) -> list[tuple[Operation, APIRoute]]:
    """Every operation of the application."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            found += [((method, context.path or ""), route) for method in sorted(route.methods)]
        else:
            assert context.path == "/openapi.json", "a route outside the table"
    return found


@pytest.fixture
def app(served: Served, store: Store, clock: FakeClock) -> Any:
    book = TokenBook(store, clock)
    # Every wrong token is judged, not counted.
    book._charge = lambda address: None  # type: ignore[method-assign]
    found = create_app(served, TokenCallers(book, TrustedProxies()))
    machines = APIRouter(route_class=GuardedRoute)

    @machines.get("/for-machines", **needs(Role.VIEWER, probes=True))
    async def for_machines(request: Request) -> Response:
        return Response("seen")

    found.include_router(machines)
    return found


@pytest.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as found:
        yield found


async def ask(client: httpx.AsyncClient, operation: Operation, credentials: str | None) -> int:
    method, path = operation
    for name in ("alert_id", "silence_id", "name", "token"):
        path = path.replace(f"{{{name}}}", "1")
    headers = dict(TOO_LARGE) if credentials is None else {**TOO_LARGE, "authorization": credentials}
    # The body is not read: it would be refused as malformed.
    return (await client.request(method, path, headers=headers, content=b"{")).status_code


def test_every_operation_has_a_role_and_a_route_class_that_checks_it(app: Any) -> None:
    for operation, route in operations(app):
        described = (route.openapi_extra or {}).get(ROLE_KEY)
        if operation in WITHOUT_TOKEN:
            assert described == "none", operation
            assert isinstance(route, OpenRoute) or operation[1] in ("/healthz", "/readyz"), operation
        else:
            assert described == OTHER_ROLES.get(operation, usual_role(operation[0])), operation
            assert isinstance(route, GuardedRoute), operation
    every = {operation for operation, _ in operations(app)}
    assert every >= WITHOUT_TOKEN | set(OTHER_ROLES), "the table names an operation that is gone"
    machines = {operation for operation, route in operations(app) if (route.openapi_extra or {}).get(PROBE_KEY)}
    assert machines <= {("GET", "/for-machines"), ("GET", "/metrics"), ("GET", "/api/v1/sd")}


async def test_every_role_on_every_operation(app: Any, client: httpx.AsyncClient, make_token: Make) -> None:
    tokens = {role: f"Bearer {make_token(role.value, role.value).text}" for role in Role}
    wrong = []
    for operation, route in operations(app):
        if operation in WITHOUT_TOKEN:
            continue
        described = route.openapi_extra or {}
        least = Role.PROBE if described.get(PROBE_KEY) else Role(described[ROLE_KEY])
        for role, token in tokens.items():
            expected = 413 if role.includes(least) else 403
            status = await ask(client, operation, token)
            if status != expected:
                wrong.append((operation, role.value, status, expected))
    assert not wrong


async def test_no_operation_without_a_valid_token(
    app: Any, client: httpx.AsyncClient, make_token: Make, store: Store, clock: FakeClock
) -> None:
    expired, revoked, good = (
        make_token("old", "admin", days=1),
        make_token("gone", "admin"),
        make_token("good", "admin"),
    )
    clock.advance(timedelta(days=1).total_seconds())
    with store.transaction() as writes:
        revoke_token(writes, revoked.id, clock.now())
    credentials = {
        "none": None,
        "unknown": f"Bearer {new_token().text}",
        "malformed": "Bearer amt_x",
        "the id": f"Bearer {good.id}",
        "another scheme": f"Basic {good.text}",
        "expired": f"Bearer {expired.text}",
        "revoked": f"Bearer {revoked.text}",
    }
    wrong = []
    for operation, _ in operations(app):
        for name, text in credentials.items():
            status = await ask(client, operation, text)
            if operation in WITHOUT_TOKEN:
                assert status in (413, 200, 503), operation
            elif status != 401:
                wrong.append((operation, name, status))
    assert not wrong


async def test_the_session_of_a_browser_has_its_tokens_role_and_changes_nothing_by_the_cookie_alone(
    app: Any, client: httpx.AsyncClient, make_token: Make
) -> None:
    wrong = []
    for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN):
        client.cookies.clear()
        answer = await client.post("/login", data={"token": make_token(f"web {role}", role.value).text})
        assert answer.status_code == 303
        for operation, route in operations(app):
            if operation in WITHOUT_TOKEN:
                continue
            may = operation[0] in ("GET", "HEAD") and role.includes(Role((route.openapi_extra or {})[ROLE_KEY]))
            status = await ask(client, operation, None)
            if status != (413 if may else 403):
                wrong.append((operation, role.value, status))
            # A header with a wrong token counts, not the cookie.
            if await ask(client, operation, "Bearer amt_x") != 401:
                wrong.append((operation, role.value, "another's token"))
    assert not wrong


async def test_a_machine_reads_what_is_for_machines_and_nothing_else(
    client: httpx.AsyncClient, make_token: Make
) -> None:
    headers = {"authorization": f"Bearer {make_token('prometheus', 'probe').text}"}
    assert (await client.get("/for-machines", headers=headers)).text == "seen"
    refused = await client.get("/api/v1/snapshot", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    described: dict[str, Any] = (await client.get("/openapi.json")).json()["paths"]["/for-machines"]["get"]
    assert (described[ROLE_KEY], described[PROBE_KEY]) == ("viewer", True)


async def test_a_refused_role_is_in_the_audit(
    client: httpx.AsyncClient, make_token: Make, served: Served, store: Store
) -> None:
    headers = {"authorization": f"Bearer {make_token('eve', 'viewer').text}"}
    assert (await client.post("/api/v1/probe", headers=headers)).status_code == 403
    assert served.refusals is not None
    served.refusals.close()
    with store.read() as reads:
        (row,) = [entry for entry in audit_entries(reads) if entry.action == "refused"]
    assert (row.actor, row.subject, row.detail["status"]) == ("eve", "POST /api/v1/probe", 403)
