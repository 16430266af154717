"""A request with a key that is sent again acts once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from amt_console.api.auth.tokens import NewToken
from amt_console.api.idempotency import Answered, IdempotencyKeys
from amt_console.api.problems import RequestError
from amt_console.clock import FakeClock
from amt_console.operations.protocol import ConflictError, OutcomeUnknownError, UnavailableError
from amt_console.store import Keyring, Store
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.idempotency import MOST_OF_A_CALLER

Fire = Callable[..., int]
Make = Callable[..., NewToken]
SILENCE = {"reason": "release", "services": ["web-app"], "for": "1h"}


class Counted:
    """An action that is counted."""

    def __init__(self, fail: Exception | None = None) -> None:
        self.times = 0
        self.fail = fail

    def __call__(self) -> Answered:
        self.times += 1
        if self.fail is not None:
            raise self.fail
        return Answered(200, f"answer {self.times}")


KEY = Keyring(DataKey.of("11" * 32))


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with Store.open(store_url, clock=clock, keys=KEY) as opened:
        yield opened


@pytest.fixture
def keys(store: Store, clock: FakeClock) -> IdempotencyKeys:
    return IdempotencyKeys(store, clock)


async def post(client: httpx.AsyncClient, key: str, path: str = "/silences", body: Any = None) -> httpx.Response:
    return await client.post(path, json=SILENCE if body is None else body, headers={"idempotency-key": key})


async def test_a_repeated_request_gets_the_first_answer(
    admin: httpx.AsyncClient, make_token: Make, clock: FakeClock
) -> None:
    first = await post(admin, "k1")
    clock.advance(30)
    again = await post(admin, "k1")
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len((await admin.get("/silences")).json()["items"]) == 1
    other = await post(admin, "k1", body={**SILENCE, "for": "2h"})
    assert (other.status_code, "another request" in other.json()["detail"]) == (422, True)
    assert (
        await post(admin, "k1", "/maintenance", {"name": "x", "services": ["web-app"], "for": 60})
    ).status_code == 422
    assert (await post(admin, "k2")).json()["id"] == "2", "another key is another request"
    bob = {"authorization": f"Bearer {make_token('bob').text}", "idempotency-key": "k1"}
    theirs = await admin.post("/silences", json=SILENCE, headers=bob)
    assert theirs.json()["created_by"] == "bob", "the keys of another caller are others"


async def test_a_refusal_is_repeated_and_an_accepted_probe_too(
    admin: httpx.AsyncClient, fire: Fire, monkeypatch: pytest.MonkeyPatch
) -> None:
    fire()
    missing = await post(admin, "k1", "/alerts/9/acknowledge", {})
    fire(rule_id="more")
    again = await post(admin, "k1", "/alerts/9/acknowledge", {})
    assert (missing.status_code, again.status_code) == (404, 404)
    assert again.json() == missing.json()
    assert again.headers["content-type"] == "application/problem+json"
    for _ in range(2):
        assert (await post(admin, "k2", "/probe", {"service": "web-app"})).status_code == 202
    for wrong in ("", "with space", "x" * 256):
        assert (await post(admin, wrong)).status_code == 422, wrong


def test_of_many_equal_requests_at_once_one_acts(keys: IdempotencyKeys) -> None:
    counted, begun, go_on = Counted(), threading.Event(), threading.Event()

    def slowly() -> Answered:
        begun.set()
        assert go_on.wait(60)
        return counted()

    def ask(_: int) -> int:
        try:
            return keys.run("ann", "k", "/p", "b", slowly).status
        except RequestError as error:
            return {"conflict": 409}[error.code]

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask, 0)
        assert begun.wait(60)
        assert set(pool.map(ask, range(6))) == {409}
        go_on.set()
        assert first.result() == 200
    assert ask(9) == 200
    assert counted.times == 1


def test_what_did_not_happen_may_be_sent_again(keys: IdempotencyKeys) -> None:
    busy, good = Counted(UnavailableError("busy")), Counted()
    with pytest.raises(UnavailableError):
        keys.run("ann", "k", "/p", "b", busy)
    assert keys.run("ann", "k", "/p", "b", good).status == 200
    refused = Counted(ConflictError("bob has it"))
    with pytest.raises(ConflictError):
        keys.run("ann", "k2", "/p", "b", refused)
    assert keys.run("ann", "k2", "/p", "b", refused).status == 409
    assert refused.times == 1


@pytest.mark.parametrize("fault", [OutcomeUnknownError("no answer"), RuntimeError("killed")])
def test_what_perhaps_happened_is_not_done_again(keys: IdempotencyKeys, clock: FakeClock, fault: Exception) -> None:
    lost, second = Counted(fault), Counted()
    with pytest.raises(type(fault)):
        keys.run("ann", "k", "/p", "b", lost)
    for words, seconds in (("being worked on", 0), ("interrupted", 61)):
        clock.advance(seconds)
        with pytest.raises(RequestError, match=words):
            keys.run("ann", "k", "/p", "b", second)
    assert second.times == 0


def test_keys_outlive_the_process_for_a_day_and_are_bounded(
    keys: IdempotencyKeys, clock: FakeClock, store: Store, store_url: str, tmp_path: Path
) -> None:
    counted = Counted()
    keys.run("ann", "k", "/p", "b", counted)
    with Store.open(store_url, clock=clock, keys=KEY) as other:
        assert IdempotencyKeys(other, clock).run("ann", "k", "/p", "b", counted).body == "answer 1"
    clock.advance(timedelta(hours=24).total_seconds() - 1)
    keys.run("ann", "k", "/p", "b", counted)
    assert counted.times == 1
    clock.advance(2)
    assert keys.run("ann", "k", "/p", "b", counted).body == "answer 2"
    with store.transaction() as writes:
        for number in range(MOST_OF_A_CALLER + 20):
            row = {"id": f"{number}", "at": clock.now().isoformat(), "caller": "bob"}
            writes._connection.execute(
                text("INSERT INTO idempotency_keys (id, caller, digest, created_at) VALUES (:id, :caller, '', :at)"),
                row,
            )
    keys.run("bob", "k", "/p", "b", counted)
    with store.read() as reads:
        count = reads._connection.execute(text("SELECT count(*) FROM idempotency_keys WHERE caller = 'bob'"))
        assert count.scalar() == MOST_OF_A_CALLER
        rows = reads._connection.execute(text("SELECT answer FROM idempotency_keys WHERE caller = 'ann'")).scalars()
        answers = list(rows)
    assert [each for each in answers if not each.startswith("v1:")] == [], "answers are encrypted"
    assert answers


def test_without_a_data_key_nothing_is_done_twice_either(store_url: str, clock: FakeClock) -> None:
    counted = Counted()
    with Store.open(store_url, clock=clock) as bare:
        keys = IdempotencyKeys(bare, clock)
        keys.run("ann", "k", "/p", "b", counted)
        with pytest.raises(RequestError, match="not kept"):
            keys.run("ann", "k", "/p", "b", counted)
    assert counted.times == 1
