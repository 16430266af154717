"""How often a token and an address may ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.api.app import create_app
from amt_console.api.auth import rates
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.rates import RateLimit, address_key
from amt_console.api.auth.token_callers import Rates, TokenCallers
from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.listeners.server import configured_server
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.config.sections.program import ApiSettings
from amt_console.store import Store

Make = Callable[..., NewToken]
HELLO = "/api/v1/console/hello"


def test_a_quiet_caller_may_ask_for_ten_seconds_worth_at_once() -> None:
    clock = FakeClock()
    limit = RateLimit.per_second(clock, 2)
    assert [limit.take("a") for _ in range(21)] == [0.0] * 20 + [0.5]
    assert limit.take("b") == 0.0
    clock.advance(0.25)
    assert limit.take("a") == 0.25
    clock.advance(0.25)
    assert [limit.take("a"), limit.take("a")] == [0.0, 0.5]
    clock.advance(1.5)
    assert limit.left("a") == 3
    clock.advance(1000)
    assert limit.left("a") == 20


def test_a_limit_tells_its_policy_in_whole_seconds() -> None:
    assert RateLimit.per_second(FakeClock(), 2).headers == "q=20;w=10"
    assert RateLimit(FakeClock(), burst=1, seconds_each=0.1).headers == "q=1;w=1"


@given(st.lists(st.floats(0, 5), max_size=100), st.floats(0.1, 50))
def test_no_caller_gets_more_than_its_rate_and_one_burst(pauses: list[float], rate: float) -> None:
    clock = FakeClock()
    limit, passed = RateLimit.per_second(clock, rate), 0
    for pause in pauses:
        clock.advance(pause)
        passed += limit.take("a") == 0.0
    assert passed <= max(1.0, rate * 10) + sum(pauses) * rate + 1e-6


def test_the_memory_of_a_limit_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_KEYS", 3)
    limit = RateLimit(FakeClock(), burst=1, seconds_each=60)
    for number in range(1000):
        assert limit.take(str(number)) == 0.0
    assert len(limit._buckets) == 3
    assert limit.take("999") == 60


def test_the_limit_that_was_used_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_KEYS", 2)
    limit = RateLimit(FakeClock(), burst=2, seconds_each=60)
    for key in ("first", "second", "first", "third"):
        assert limit.take(key) == 0.0
    assert [limit.take("first"), limit.left("second")] == [60, 2]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_the_addresses_of_one_ipv6_network_share_a_bucket(address: str, key: str) -> None:
    assert address_key(address) == key


def _client(served: Served, store: Store, clock: FakeClock, limits: Rates) -> httpx.AsyncClient:
    callers = TokenCallers(TokenBook(store, clock), TrustedProxies(["127.0.0.1"]), limits)
    transport: Any = httpx.ASGITransport(create_app(served, callers), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://monitor")


async def test_a_token_that_asks_too_often_is_told_when_to_come_back(
    served: Served, store: Store, clock: FakeClock, make_token: Make
) -> None:
    first, second = ({"authorization": f"Bearer {make_token(name).text}"} for name in ("first", "second"))
    limits = Rates(token=RateLimit(clock, burst=2, seconds_each=3.5))
    async with _client(served, store, clock, limits) as client:
        answers = [await client.get(HELLO, headers=first) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["ratelimit"] for answer in answers] == ['"token";r=1', '"token";r=0', '"token";r=0']
        assert answers[0].headers["ratelimit-policy"] == '"token";q=2;w=7'
        assert answers[2].headers["retry-after"] == "4"
        problem = answers[2].json()
        assert problem["code"] == "too_many_requests"
        assert problem["detail"] == "too many requests with this token: wait 4 s"
        assert answers[2].headers["content-type"] == "application/problem+json"
        assert (await client.get(HELLO, headers=second)).status_code == 200, "each token has its own"
        clock.advance(3.5)
        assert (await client.get(HELLO, headers=first)).status_code == 200


async def test_an_address_has_a_limit_of_its_own_with_and_without_a_token(
    served: Served, store: Store, clock: FakeClock, make_token: Make
) -> None:
    token = {"authorization": f"Bearer {make_token().text}"}
    limits = Rates(address=RateLimit(clock, burst=3, seconds_each=1))
    async with _client(served, store, clock, limits) as client:
        here, there = ({"x-forwarded-for": f"192.0.2.{number}"} for number in (1, 2))
        statuses = [
            (await client.get(HELLO, headers=here)).status_code,
            (await client.get("/acknowledge/x", headers=here)).status_code,
            (await client.get(HELLO, headers={**here, **token})).status_code,
            (await client.get(HELLO, headers={**here, **token})).status_code,
            (await client.get("/acknowledge/x", headers=here)).status_code,
        ]
        assert statuses == [401, 403, 200, 429, 429]
        assert (await client.get(HELLO, headers={**there, **token})).status_code == 200
        assert (await client.get("/healthz", headers=here)).status_code != 429, "health is always told"


def test_the_limits_come_from_the_configuration(served: Served, store: Store) -> None:
    for settings, expected in (
        ({}, (500, 2000)),
        ({"requests_per_second": 1, "requests_per_second_per_address": 3}, (10, 30)),
        ({"requests_per_second": 0, "requests_per_second_per_address": 0}, (None, None)),
    ):
        server = configured_server(
            served,
            ApiSettings.model_construct(**{**ApiSettings().model_dump(), **settings, "port": 0}),
            store,
            SystemClock(),
        )
        server.stop()
        found: Any = server._callers
        limits = found._rates
        assert tuple(each and each.burst for each in (limits.token, limits.address)) == expected
