"""The hand-over of a shift: what is gathered, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.incidents import NOW, TARGETS, after, plant
from support.operations import episode
from support.stores import laid_out

from amt_console.alerts.policy.shift_facts import ending_maintenance, ending_silences, shift_span
from amt_console.analysis.findings import Finding, FindingKind
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertEvent, EpisodeChange
from amt_console.model.notifications import DeliveryState, NoticeKind, OutboxEntry
from amt_console.model.policy import MaintenanceWindow, Policies, Recurrence, Rota, Silence
from amt_console.reports.handover.data import HandoverData
from amt_console.reports.handover.export import handover_files
from amt_console.reports.handover.gather import gather_handover
from amt_console.reports.handover.page import handover_page
from amt_console.reports.markdown import markdown
from amt_console.reports.times import Times, zone_of
from amt_console.store import DeliveryMark, Store, mark_messages, record

SETTINGS = Settings.model_validate(
    {
        "channels": [{"name": "pager", "type": "webhook", "url": "http://localhost:1/"}],
        "oncall": {
            "shift": "8h",
            "starts_at": "2026-01-05T04:00:00Z",
            "people": [{"name": "Mira", "channels": ["pager"]}, {"name": "Ben", "channels": ["pager"]}],
        },
        "silences": [{"reason": "noisy", "services": ["quiet"], "ends_at": (NOW + timedelta(hours=3)).isoformat()}],
        "maintenance": [
            {"name": "move", "services": ["web"], "starts_at": after(-5).isoformat(), "ends_at": after(200).isoformat()}
        ],
    }
)


@pytest.fixture(scope="module")
def open_shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HandoverData]:
    """Five minutes into the incident, with a message that was given up."""
    url = laid_out(tmp_path_factory.mktemp("handover") / "monitoring.db")
    now = after(5)
    with Store.open(url, clock=FakeClock(now)) as store:
        plant(store, until=now, hours_before=1)
        with store.transaction(durable=True) as writes:
            entry = OutboxEntry("pager", "Ben", NoticeKind.DIGEST, "late", after(2), text="x", dedup_key="x")
            writes.queue_once([entry])
            refused = DeliveryMark((2,), DeliveryState.DEAD, after(3), "auth", "the receiver refuses")
            mark_messages(writes, refused)
        with store.read() as reads:
            yield gather_handover(reads, targets=TARGETS, settings=SETTINGS, zone="UTC", now=now, since=after(-240))


def told(data: HandoverData) -> str:
    plan = (("handover", "md", "handover.md"),)
    ((_, content),) = handover_files(data, plan, progress=lambda what, done, total: None)
    return content.decode()


def test_what_is_open_has_its_owner_and_note(open_shift: HandoverData) -> None:
    text = told(open_shift)
    assert "mira has it" in text
    assert "“on it”" in text
    assert "follows from alert 1" in text
    assert "| Still open | 2 | 1 follows |" in text, "a follower needs nobody: its cause has somebody"


def test_what_only_follows_needs_nobody(open_shift: HandoverData) -> None:
    followers = tuple(each for each in open_shift.open if each.follows_from is not None)
    assert followers
    text = told(replace(open_shift, open=followers))
    assert "**In hand.** 1 alert is open, and follows from another one." in text
    text = told(replace(open_shift, open=followers * 2))
    assert "**In hand.** 2 alerts are open, and follow from others." in text


def test_what_nobody_has_is_named_and_counted_without_followers(open_shift: HandoverData) -> None:
    free = tuple(
        replace(each, episode=replace(each.episode, acknowledged_by=None, subject=f"{each.episode.subject}-{n}"))
        for each in open_shift.open
        for n in (1, 2)
    )
    text = told(replace(open_shift, open=free))
    assert "4 alerts are open, and nobody has api-1 or api-2." in text
    assert "| Still open | 4 | 2 without an owner · 2 follow |" in text


def test_what_fired_stands_in_the_order_of_time(tmp_path: Path) -> None:
    now = after(30)
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=FakeClock(now)) as store:
        with store.transaction(durable=True) as writes:
            for subject, opened, fired in (("late", 1, 20), ("soon", 2, 3)):
                new = episode(after(opened), subject=subject, fired_at=after(fired))
                event = AlertEvent("fired", after(fired), new.state, severity=new.severity, message=new.message)
                record(writes, EpisodeChange(new, (event,)))
        with store.read() as reads:
            data = gather_handover(reads, targets=(), settings=Settings(), zone="UTC", now=now, since=after(-240))
    assert [each.episode.subject for each in data.fired] == ["soon", "late"]


def test_who_acted_on_what_fired(open_shift: HandoverData) -> None:
    assert {each.episode.subject: each.people for each in open_shift.fired} == {"api": ("mira",), "web": ()}


def test_only_what_did_not_arrive_is_listed(open_shift: HandoverData) -> None:
    assert [each.receiver for each in open_shift.undelivered] == ["Ben"]
    assert "given up: the receiver refuses" in told(open_shift)


def test_silences_and_maintenance_that_end_in_the_coming_shift(open_shift: HandoverData) -> None:
    text = told(open_shift)
    assert "noisy" in text
    assert "| runs | move | web |" in text


def test_snoozed_alerts_stand_apart(open_shift: HandoverData) -> None:
    snoozed = replace(open_shift.open[0], episode=replace(open_shift.open[0].episode, snoozed_by="ben"))
    text = told(replace(open_shift, open=(), snoozed=(snoozed,)))
    assert "No alert is open." in text
    assert "| ben | it recovers |" in text


def test_findings_are_what_to_watch(open_shift: HandoverData) -> None:
    findings = (
        Finding(FindingKind.DISK_FULL, "host", ("The disk is full in 3 days.",), at=NOW),
        Finding(FindingKind.SATURATION, "host cpu", ("cpu was over its limit for 57m",), at=NOW),
        Finding(FindingKind.CORRELATION, "api", ("slow when the host is busy",), since=NOW, until=NOW),
    )
    times = Times(zone_of("UTC"))
    text = markdown(handover_page(open_shift, findings, times)).decode()
    assert f"The disk is full in 3 days. (full at {times.short(NOW)})" in text
    assert f"over its limit for 57m (worst at {times.short(NOW)})" in text
    assert f"when the host is busy (since {times.short(NOW)})" in text


def test_many_findings_of_one_kind_are_one_item_with_the_newest_first(open_shift: HandoverData) -> None:
    findings = tuple(
        Finding(FindingKind.INCIDENT, f"service-{n}", (f"down for {n}m",), at=NOW - timedelta(hours=20 - n))
        for n in range(1, 6)
    )
    text = markdown(handover_page(open_shift, findings, Times(zone_of("UTC")))).decode()
    _, _, watch = text.partition("## What to watch")
    assert "5 incidents of 5 subjects." in watch
    assert watch.index("down for 5m") < watch.index("down for 1m")
    assert watch.count("Incident:") == 1


@pytest.mark.slow
def test_an_empty_database_hands_over_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = laid_out(tmp_path_factory.mktemp("empty") / "monitoring.db")
    with Store.open(url, clock=FakeClock(NOW)) as store, store.read() as reads:
        data = gather_handover(reads, targets=(), settings=Settings(), zone="UTC", now=NOW)
    assert data.span.since == NOW - timedelta(hours=12)
    assert "No alert is open." in told(data)
    plan = (("handover", "html", "handover.html"),)
    ((_, page),) = handover_files(data, plan, progress=lambda *_: None)
    # An empty block is a line, not a box.
    assert page.decode().count('<div class="block ') == page.decode().count('<div class="block table wide bare"') > 0


ROTA = Rota("oncall", ("Mira", "Ben"), 8 * 3600.0, after(0))


@pytest.mark.parametrize(
    ("hours", "since", "until", "leaving", "coming"),
    [
        (7.5, 0, 16, "Mira", "Ben"),
        (8.2, 0, 16, "Mira", "Ben"),
        (9.5, 8, 24, "Ben", "Mira"),
    ],
)
def test_the_shift_that_is_handed_over(hours: float, since: int, until: int, leaving: str, coming: str) -> None:
    """Up to an hour after a change it is the one before."""
    span = shift_span(Policies(rotas={"oncall": ROTA}), after(hours * 60))
    assert (span.since, span.until) == (after(since * 60), after(until * 60))
    assert (span.leaving, span.coming) == (leaving, coming)


def test_a_single_person_hands_over_twelve_hours() -> None:
    span = shift_span(Policies(rotas={"oncall": Rota("oncall", ("Mira",), 3600.0)}), NOW)
    assert (span.since, span.until) == (NOW - timedelta(hours=12), NOW + timedelta(hours=24))


def test_what_ends_later_is_left_out() -> None:
    policies = Policies(
        silences=tuple(
            Silence(name, NOW + timedelta(hours=hours)) for name, hours in (("late", 9), ("b", 2), ("a", 1))
        ),
        maintenance=(
            MaintenanceWindow("nightly", recurrence=Recurrence(NOW.time(), 600.0)),
            MaintenanceWindow("late", ends_at=NOW + timedelta(hours=9)),
        ),
    )
    until = NOW + timedelta(hours=8)
    assert [each.reason for each in ending_silences(policies, NOW, until)] == ["a", "b"]
    (found,) = ending_maintenance(policies, NOW, until)
    assert (found.window.name, found.ends_at) == ("nightly", NOW + timedelta(minutes=10))
