"""Overrides of a rota in the database."""

from __future__ import annotations

from datetime import timedelta

from amt_console.clock import FakeClock
from amt_console.model.policy import RotaOverride
from amt_console.store import Store

HOUR = timedelta(hours=1)


def test_an_override_is_added_and_taken_back(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    with store.transaction() as writes:
        running = writes.policies.add(RotaOverride("Ada", now - HOUR, now + HOUR, created_by="ada"), at=now)
        coming = writes.policies.add(RotaOverride("Grace", now + HOUR, now + 2 * HOUR, created_by="ada"), at=now)
    with store.read() as reads:
        assert reads.policies.overrides(now) == (running, coming)
    with store.transaction() as writes:
        assert writes.policies.end(running, at=now, by="ada")
        assert writes.policies.end(coming, at=now, by="ada")
        assert not writes.policies.end(running, at=now, by="ada")
        assert not writes.policies.end(coming, at=now, by="ada")
    with store.read() as reads:
        assert reads.policies.overrides(now) == ()
        (kept,) = reads.policies.overrides()
    assert (kept.person, kept.ends_at) == ("Ada", now), "who was on call stays true"
