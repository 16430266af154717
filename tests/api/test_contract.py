"""Requests made from the description of the API: nothing fails inside, and every answer is as it is described.

``AMT_CONTRACT_EXAMPLES`` says how many requests are made for each operation.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from api.conftest import INBOUND, PING_KEY
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.operations import API

from amt_console.api.app import create_app
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.token_callers import TokenCallers
from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.dashboards import Dashboards
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertState, ServiceState
from amt_console.operations.inbox import Inbox
from amt_console.reports.dashboards.job import Dashboard, DashboardJob
from amt_console.reports.jobs.job import ReportSource
from amt_console.store import Store

pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Feed = Callable[..., None]
Make = Callable[..., NewToken]
EXAMPLES = int(os.environ.get("AMT_CONTRACT_EXAMPLES", "3"))
LEFT_OUT = ("/api/v1/events",)  # Never ends: it has a test of its own below.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


class Pages:
    """Makes pages at once, without a process."""

    def make(self, job: DashboardJob) -> Dashboard | None:
        """A page of a few words, or a small document."""
        content = b'{"report": "small"}' if job.document else b"<p>a page</p>"
        return Dashboard(content, "default-src 'none'", job.name)

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture
def app(
    served: Served,
    store: Store,
    store_url: str,
    clock: FakeClock,
    fire: Fire,
    feed: Feed,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    """The application on a database in which something has happened; nothing in it waits for long."""
    wait = served.feed.wait
    monkeypatch.setattr(served.feed, "wait", lambda after, seconds: wait(after, min(seconds, 0.01)))
    for _ in range(3):
        feed(backend_api=ServiceState.DOWN)
        clock.advance(15)
    fire()
    fire(rule_id="old", subject=API.name, state=AlertState.RESOLVED, resolved_at=clock.now())
    settings = Settings.model_validate(INBOUND)
    source = ReportSource(store_url, settings, (API,))
    with closing(Dashboards(store, lambda: source, clock, Pages())) as dashboards:
        yield create_app(
            replace(served, inbox=Inbox(settings, store, clock), dashboards=dashboards),
            TokenCallers(TokenBook(store, clock), TrustedProxies()),
        )


def test_no_request_breaks_the_contract(app: Any, make_token: Make) -> None:
    for described in app.openapi()["components"]["schemas"].values():
        if described.get("type") == "object":
            # What is answered and not described is a fault of the description.
            described.setdefault("additionalProperties", False)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = {"authorization": f"Bearer {make_token('root', 'admin').text}"}
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in LEFT_OUT:
            continue
        tried += 1
        for mode in GenerationMode:
            cases = operation.as_strategy(generation_mode=mode)

            @given(case=cases.map(with_known_key) if mode is GenerationMode.POSITIVE else cases)
            @settings(
                max_examples=EXAMPLES,
                database=None,
                derandomize=True,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            )
            def ask(case: Any) -> None:
                case.call_and_validate(headers=headers, checks=CHECKS)

            # An operation without parameters cannot be asked wrongly.
            with suppress(Unsatisfiable):
                ask()
    assert tried > 40


def with_known_key(case: Any) -> Any:
    """The key of a job is in the configuration, not in the description."""
    if "key" in case.path_parameters:
        case.path_parameters["key"] = PING_KEY
    return case


async def test_the_stream_of_events_keeps_the_contract_until_it_is_left(app: Any, make_token: Make) -> None:
    """A generated request would wait for the end of the answer, and there is none."""
    described = app.openapi()["paths"]["/api/v1/events"]["get"]
    headers = {b"authorization": f"Bearer {make_token('root', 'admin').text}".encode()}
    for query, status in ((b"", 200), (b"kind=alert", 200), (b"kind=nonsense", 422)):
        start, body = await asyncio.wait_for(first_of(app, "/api/v1/events", query, headers), 30)
        kind = dict(start["headers"])[b"content-type"].decode().partition(";")[0]
        assert start["status"] == status
        assert kind in described["responses"][str(status)]["content"]
        assert body


async def first_of(app: Any, path: str, query: bytes, headers: dict[bytes, bytes]) -> tuple[dict[str, Any], bytes]:
    """The head and the first piece of an answer; then the client is gone."""
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()
    begun = False

    async def receive() -> dict[str, Any]:
        nonlocal begun
        if not begun:
            begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message.get("body"):
            gone.set()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "",
        "headers": [(b"host", b"x"), *headers.items()], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0], next(message["body"] for message in sent if message.get("body"))
