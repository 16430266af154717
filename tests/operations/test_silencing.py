"""Silences and planned work, stored with an audit row, and seen on the alerts that they mute."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from support.operations import API, WEB

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Acknowledge, AddMaintenance, AddSilence, EndMaintenance, EndSilence, Service
from amt_console.operations.actor import Actor
from amt_console.operations.json_views import alert_json
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import InvalidError, NotFoundError
from amt_console.store import Store, audit_entries

Fire = Callable[..., int]
SETTINGS = {
    "services": [{"name": each.name, "url": "http://127.0.0.1:1/"} for each in (API, WEB)],
    "silences": [{"reason": "known", "services": ["web-app"], "ends_at": "2100-01-01T00:00:00Z"}],
    "maintenance": [{"name": "nightly", "services": ["web-app"], "start": "02:00", "duration": "1h"}],
}


def with_settings(operations: LocalOperations, store_url: str, clock: FakeClock) -> LocalOperations:
    """The use cases on the same store, with silences and planned work in the configuration."""
    targets: tuple[Service, ...] = (API, WEB)
    settings = Settings.model_validate(SETTINGS)
    return LocalOperations(
        store=operations.store, store_url=store_url, settings=settings, targets=targets, clock=clock, actor=Actor("ann")
    )


def test_an_alert_says_what_mutes_it_until_that_ends(operations: LocalOperations, fire: Fire, clock: FakeClock) -> None:
    alert_id = fire()
    short = operations.act(AddSilence("release", ("backend-api",), for_=60))
    long = operations.act(AddSilence("all of it", match="^backend", for_=3600))
    operations.act(AddMaintenance("disks", ("backend-api",), for_=600))
    operations.act(AddSilence("another", ("web-app",), for_=3600))
    seen = operations.alert(alert_id).alert
    assert (seen.silenced_by, seen.maintenance) == ((long.id, short.id), "disks")
    assert alert_json(operations.snapshot().alerts[0])["silenced_by"] == [long.id, short.id]
    clock.advance(61)
    assert operations.alert(alert_id).alert.silenced_by == (long.id,)
    operations.act(EndSilence(long.id))
    operations.act(EndMaintenance("disks"))
    seen = operations.alerts()[0]
    assert (seen.silenced_by, seen.maintenance) == ((), None)
    past = operations.alert(alert_id, at=clock.now() - timedelta(seconds=30)).alert
    assert (past.silenced_by, past.maintenance) == ((long.id, short.id), "disks"), "the past stays as it was"


def test_each_leaves_an_audit_row(operations: LocalOperations, store: Store) -> None:
    silence = operations.act(AddSilence("release", ("web-app",), until=operations._clock.now() + timedelta(hours=1)))
    operations.act(EndSilence(silence.id), actor=Actor("bob"))
    operations.act(AddMaintenance("disks", ("web-app",), for_=60))
    operations.act(EndMaintenance("disks"))
    with store.read() as reads:
        entries = list(reversed(audit_entries(reads)))
    assert [(entry.actor, entry.action, entry.subject) for entry in entries] == [
        ("ann", "add_silence", "silence of web-app"),
        ("bob", "end_silence", "silence 1 of web-app"),
        ("ann", "add_maintenance", "maintenance disks"),
        ("ann", "end_maintenance", "maintenance disks"),
    ]
    assert entries[0].detail["reason"] == "release"
    assert entries[0].detail["until"].startswith("20")


def test_lists_have_what_people_added_and_what_the_configuration_has(
    operations: LocalOperations, store_url: str, clock: FakeClock
) -> None:
    both = with_settings(operations, store_url, clock)
    mine = both.act(AddSilence("release", ("web-app",), for_=60))
    both.act(AddMaintenance("disks", ("web-app",), for_=60))
    assert [(each.id, each.created_by) for each in both.silences()] == [(mine.id, "ann"), ("config-1", None)]
    assert [each.name for each in both.maintenance()] == ["disks", "nightly"]
    clock.advance(61)
    assert [each.id for each in both.silences()] == ["config-1"]
    assert [each.id for each in both.silences(ended=True)] == [mine.id, "config-1"]
    assert [each.name for each in both.maintenance(ended=True)] == ["disks", "nightly"]
    with pytest.raises(InvalidError, match="in the configuration"):
        both.act(EndSilence("config-1"))
    with pytest.raises(InvalidError, match="in the configuration"):
        both.act(EndMaintenance("nightly"))
    with pytest.raises(NotFoundError, match="has not ended"):
        both.act(EndSilence(mine.id))


def test_what_ends_soon_is_said_before(operations: LocalOperations, fire: Fire, clock: FakeClock) -> None:
    operations.act(Acknowledge(fire(), for_=1800))
    operations.act(AddSilence("release", ("web-app",), for_=1800))
    operations.act(AddMaintenance("disks", ("web-app",), for_=1800))
    began = clock.now()
    assert not any("ends at" in notice for notice in operations.snapshot().notices)
    clock.advance(1201)
    end = (began + timedelta(minutes=30)).astimezone()
    said = [notice for notice in operations.snapshot().notices if "ends at" in notice]
    assert said == [
        f"The acknowledgement of backend-api by ann ends at {end:%H:%M}.",
        f"Silence 1 of web-app (by ann, 20m ago) ends at {end:%H:%M}.",
        f"Maintenance disks (by ann, 20m ago) ends at {end:%H:%M}.",
    ]
    clock.advance(600)
    assert not any("ends at" in notice for notice in operations.snapshot().notices)


def test_of_two_who_end_a_silence_one_does(operations: LocalOperations, store: Store) -> None:
    silence = operations.act(AddSilence("release", ("web-app",), for_=60))
    ended: list[str] = []

    def end(name: str) -> None:
        try:
            operations.act(EndSilence(silence.id), actor=Actor(name))
            ended.append(name)
        except NotFoundError:
            pass

    threads = [threading.Thread(target=end, args=(name,)) for name in ("ann", "bob", "cleo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.ended_by for each in operations.silences(ended=True)] == ended
