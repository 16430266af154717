"""Acknowledging from where the message arrived: the link, its page, and who may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from support.links import LINKS

from amt_console.api.listeners.server import TcpServer
from amt_console.clock import FakeClock, SystemClock
from amt_console.links import AcknowledgeLinks, LinkExpired, LinkRefused
from amt_console.model import Acknowledge, AlertState, AlertType, Close, Note, Severity
from amt_console.model.notifications import Notice
from amt_console.operations.local import LocalOperations
from amt_console.store import Keyring, Store, link_key
from amt_console.store.audit import audit_entries
from amt_console.store.encryption.keyring import DataKey

pytestmark = pytest.mark.slow

Fire = Callable[..., int]


def notice(alert_id: int = 1, severity: Severity = Severity.CRITICAL) -> Notice:
    now = SystemClock().now()
    return Notice(alert_id, 1, AlertType.SERVICE_DOWN, severity, "web", "web is down", AlertState.FIRING, now)


@pytest.fixture
def http(server: TcpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def link(alert_id: int, *, receiver: str = "Ada", person: bool = True, **changes: object) -> str:
    return LINKS.url("", replace(notice(alert_id), **changes), receiver, person=person)  # type: ignore[arg-type]


def owner(operations: LocalOperations, alert_id: int) -> str | None:
    return operations.alert(alert_id).alert.acknowledged_by


def test_opening_a_link_shows_the_alert_and_changes_nothing(
    http: httpx.Client, operations: LocalOperations, fire: Fire
) -> None:
    alert_id = fire()
    for _ in range(3):
        page = http.get(link(alert_id))
        assert page.status_code == 200
    assert owner(operations, alert_id) is None, "mail scanners open every link"
    assert operations.alert(alert_id).alert.message in page.text
    assert "Ada" in page.text
    assert '<form method="post">' in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_the_button_acknowledges_as_the_person_of_the_link(
    http: httpx.Client, operations: LocalOperations, fire: Fire, store: Store
) -> None:
    alert_id = fire()
    answer = http.post(link(alert_id), data={"name": "Mallory", "note": "on my way"})
    assert answer.status_code == 200
    view = operations.alert(alert_id).alert
    assert (view.acknowledged_by, view.note) == ("Ada", "on my way")
    with store.read() as reads:
        entry = audit_entries(reads, limit=1)[0]
    assert (entry.actor, entry.action, entry.detail["via"]) == ("Ada", "acknowledge", "link to Ada")


def test_a_channel_of_many_asks_for_the_name(http: httpx.Client, operations: LocalOperations, fire: Fire) -> None:
    alert_id = fire()
    target = link(alert_id, receiver="ops-slack", person=False)
    assert 'name="name"' in http.get(target).text
    assert http.post(target, data={"name": "<b>Grace</b>\x1b[2J"}).status_code == 200
    assert owner(operations, alert_id) is not None
    assert "\x1b" not in (owner(operations, alert_id) or "")
    page = http.get("/healthz")
    assert page.status_code in (200, 503)


def test_a_post_without_a_body_acts_as_the_receiver(
    http: httpx.Client, operations: LocalOperations, fire: Fire
) -> None:
    alert_id = fire()
    assert http.post(link(alert_id, receiver="ops", person=False)).status_code == 200
    assert owner(operations, alert_id) == "ops"


def test_the_first_page_still_works_after_the_alert_was_stored_again(
    http: httpx.Client, operations: LocalOperations, fire: Fire
) -> None:
    alert_id = fire()
    target = link(alert_id)
    operations.act(Note(alert_id, "looking"))
    assert http.post(target).status_code == 200


def test_a_taken_alert_is_a_conflict(http: httpx.Client, operations: LocalOperations, fire: Fire) -> None:
    alert_id = fire()
    operations.act(Acknowledge(alert_id))
    before = owner(operations, alert_id)
    for answer in (http.get(link(alert_id)), http.post(link(alert_id))):
        assert answer.status_code == 409
        assert f"already acknowledged by {before}" in answer.text
    assert owner(operations, alert_id) == before


def test_an_ended_alert_is_a_conflict(http: httpx.Client, operations: LocalOperations, fire: Fire) -> None:
    alert_id = fire()
    operations.act(Close(alert_id))
    assert http.post(link(alert_id)).status_code == 409


def test_an_alert_of_another_severity_is_a_conflict(http: httpx.Client, fire: Fire) -> None:
    assert http.post(link(fire(), severity=Severity.WARNING)).status_code == 409


def test_an_alert_that_is_gone_is_a_conflict(http: httpx.Client) -> None:
    assert http.post(link(4711)).status_code == 409


@pytest.mark.parametrize("change", ["cut off", "other alert", "other key", "nothing"])
def test_a_link_that_we_did_not_sign_is_refused(
    http: httpx.Client, operations: LocalOperations, fire: Fire, change: str
) -> None:
    alert_id = fire()
    good = link(alert_id)
    head, _, token = good.rpartition("/")
    bad = {
        "cut off": token[:-4],
        "other alert": token.replace(token[0], "X", 1),
        "other key": AcknowledgeLinks(lambda: b"another", SystemClock()).url("", notice(alert_id), "Ada", person=True)[
            13:
        ],
        "nothing": "x",
    }[change]
    for answer in (http.get(f"{head}/{bad}"), http.post(f"{head}/{bad}")):
        assert answer.status_code == 403
    assert owner(operations, alert_id) is None


def test_a_link_expires() -> None:
    clock = FakeClock()
    links = AcknowledgeLinks(lambda: b"k", clock)
    token = links.url("https://amt.example/", notice(), "Ada", person=True).removeprefix(
        "https://amt.example/acknowledge/"
    )
    clock.advance(timedelta(hours=23).total_seconds())
    assert links.read(token).receiver == "Ada"
    clock.advance(timedelta(hours=2).total_seconds())
    with pytest.raises(LinkExpired):
        links.read(token)
    with pytest.raises(LinkRefused):
        links.read(token + "x")


def test_an_expired_link_answers_410(http: httpx.Client, fire: Fire) -> None:
    past = FakeClock()
    target = AcknowledgeLinks(lambda: b"a key of the tests", past).url("", notice(fire()), "Ada", person=True)
    assert http.post(target).status_code == 410


def test_the_key_is_made_once_and_kept_encrypted(tmp_path: object, clock: FakeClock) -> None:
    url = f"sqlite:///{tmp_path}/k.db"
    keys = Keyring(DataKey.new())
    with Store.open(url, clock=clock, keys=keys) as store:
        key = link_key(store)
        assert link_key(store) == key
    with Store.open(url, clock=clock, keys=keys) as store:
        assert link_key(store) == key
    with Store.open(url, clock=clock, keys=Keyring(DataKey.new())) as store:
        assert link_key(store) != key, "a key that cannot be read is replaced"
