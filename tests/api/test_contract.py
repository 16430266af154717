"""Requests made from the description of the API: nothing fails inside, and every answer is as it is described.

``AMT_CONTRACT_EXAMPLES`` says how many requests are made for each operation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
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
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertState, ServiceState
from amt_console.operations.inbox import Inbox
from amt_console.store import Store

pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Feed = Callable[..., None]
Make = Callable[..., NewToken]
EXAMPLES = int(os.environ.get("AMT_CONTRACT_EXAMPLES", "3"))
LEFT_OUT = (
    "/api/v1/events",  # never ends
    "/api/v1/console/changes",  # waits for half a minute
    "/dashboards/{name}",  # starts processes
    "/ping/{key}",  # plain text, and made from keys of the configuration
    "/ping/{key}/{word}",
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture
def app(served: Served, store: Store, clock: FakeClock, fire: Fire, feed: Feed) -> Any:
    """The application on a database in which something has happened."""
    for _ in range(3):
        feed(backend_api=ServiceState.DOWN)
        clock.advance(15)
    fire()
    fire(rule_id="old", subject=API.name, state=AlertState.RESOLVED, resolved_at=clock.now())
    return create_app(
        replace(served, inbox=Inbox(Settings(), store, clock)), TokenCallers(TokenBook(store, clock), TrustedProxies())
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

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
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
