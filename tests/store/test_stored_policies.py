"""Silences and planned work in the database: what was added comes back, and ends once."""

from __future__ import annotations

from support.stores import at

from amt_console.model import AlertType, Severity
from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.store import Store

SILENCE = Silence(
    reason="release",
    ends_at=at(60),
    created_by="ann",
    created_at=at(0),
    starts_at=at(0),
    services=("api",),
    groups=("shop",),
    alert_types=(AlertType.SERVICE_DOWN,),
    severity=Severity.WARNING,
    match="^api$",
)
WORK = MaintenanceWindow("disks", ("api",), ("shop",), at(0), at(60), note="rack 3", created_by="ann", created_at=at(0))


def test_comes_back_as_it_was_added_until_it_ends(store: Store) -> None:
    with store.transaction(durable=True) as writes:
        silence = writes.policies.add(SILENCE, at=at(0))
        work = writes.policies.add(WORK, at=at(0))
    with store.read() as reads:
        assert reads.policies.silences() == reads.policies.silences(at(59)) == (silence,)
        assert reads.policies.maintenance() == reads.policies.maintenance(at(59)) == (work,)
        assert reads.policies.silences(at(60)) == reads.policies.maintenance(at(60)) == ()
    assert isinstance(silence, Silence)
    assert (silence.id, work) == ("1", WORK)


def test_ends_once_even_if_the_second_clock_is_behind(store: Store) -> None:
    with store.transaction(durable=True) as writes:
        for added in (writes.policies.add(SILENCE, at=at(0)), writes.policies.add(WORK, at=at(0))):
            assert writes.policies.end(added, at=at(30), by="bob")
            assert not writes.policies.end(added, at=at(31), by="cleo")
            assert not writes.policies.end(added, at=at(29), by="cleo")
    with store.read() as reads:
        ended = (*reads.policies.silences(), *reads.policies.maintenance())
    assert [(each.ends_at, each.ended_by) for each in ended] == [(at(30), "bob")] * 2


def test_what_is_over_by_itself_cannot_be_ended(store: Store) -> None:
    with store.transaction(durable=True) as writes:
        for added in (writes.policies.add(SILENCE, at=at(0)), writes.policies.add(WORK, at=at(0))):
            assert not writes.policies.end(added, at=at(60), by="bob")
