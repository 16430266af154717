"""The change of shift: when it took place, and what the summary says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from amt_console.alerts.policy.handover import Handover, handover_messages, handovers
from amt_console.model.alerts import Episode
from amt_console.model.policy import ChannelFacts, Policies, Rota, RotaOverride, Silence
from amt_console.model.states import AlertState, AlertType, ChannelType, Severity

MONDAY = datetime(2026, 1, 12, 8, tzinfo=UTC)
"""At 09:00 in Berlin."""
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
WEEK = Rota(
    "oncall", ("Ada", "Grace"), 7 * 86400.0, MONDAY - timedelta(days=7), ZoneInfo("Europe/Berlin"), summary=("chat",)
)
ALERT = Episode(
    "service_down",
    "checkout",
    AlertType.SERVICE_DOWN,
    Severity.CRITICAL,
    "checkout is down",
    AlertState.FIRING,
    opened_at=MONDAY - HOUR,
)


def policies(rota: Rota = WEEK, **more: object) -> Policies:
    found = Policies(channels={"chat": ChannelFacts("chat", ChannelType.SLACK)}, rotas={rota.name: rota})
    return replace(found, **more)  # type: ignore[arg-type]


def test_a_handover_counts_once_at_its_moment() -> None:
    expected = Handover("oncall", MONDAY, "Grace", MONDAY + timedelta(days=7), "Ada")
    assert handovers([WEEK], MONDAY - SECOND, MONDAY) == (expected,)
    assert handovers([WEEK], MONDAY - SECOND, MONDAY - timedelta.resolution) == ()
    assert handovers([WEEK], MONDAY, MONDAY + HOUR) == ()


def test_of_several_since_the_last_look_the_newest_counts() -> None:
    (found,) = handovers([WEEK], MONDAY - timedelta(days=30), MONDAY + timedelta(days=8))
    assert (found.person, found.at) == ("Ada", MONDAY + timedelta(days=7))


def test_an_override_and_its_end_are_handovers_but_not_to_oneself() -> None:
    taken = replace(WEEK, overrides=(RotaOverride("Ada", MONDAY + HOUR, MONDAY + 2 * HOUR),))
    (begun,) = handovers([taken], MONDAY + HOUR - SECOND, MONDAY + HOUR)
    assert (begun.person, begun.before, begun.until) == ("Ada", "Grace", MONDAY + 2 * HOUR)
    (ended,) = handovers([taken], MONDAY + 2 * HOUR - SECOND, MONDAY + 2 * HOUR)
    assert (ended.person, ended.before) == ("Grace", "Ada")
    own = replace(WEEK, overrides=(RotaOverride("Grace", MONDAY + HOUR, MONDAY + 2 * HOUR),))
    assert handovers([own], MONDAY, MONDAY + 3 * HOUR) == ()


def test_the_start_of_a_rota_and_its_end_with_nobody_are_handovers() -> None:
    start = MONDAY - timedelta(days=7)
    (first,) = handovers([WEEK], start - SECOND, start)
    assert (first.person, first.before) == ("Ada", None)
    late = replace(WEEK, starts_at=MONDAY + HOUR, overrides=(RotaOverride("Ada", MONDAY - HOUR, MONDAY),))
    assert handovers([late], MONDAY - SECOND, MONDAY) == (Handover("oncall", MONDAY, None, None, "Ada"),)
    (entry,) = handover_messages(policies(late), [], MONDAY - SECOND, MONDAY)
    assert entry.text == "Nobody is on call (oncall) after Ada\nNo open alerts."


def test_who_is_always_on_call_takes_over_from_nobody() -> None:
    assert handovers([replace(WEEK, people=("Ada",), starts_at=None)], MONDAY - HOUR, MONDAY) == ()


def test_the_summary_names_alerts_with_their_owners_and_silences_that_end() -> None:
    info = replace(ALERT, severity=Severity.INFO, message="a trend")
    unconfirmed = replace(ALERT, state=AlertState.PENDING)
    warning = replace(
        ALERT, severity=Severity.WARNING, message="cart is slow", acknowledged_by="Ada", note="a slow query"
    )
    silences = (
        Silence("tuning", MONDAY + 2 * HOUR, id="7", created_by="Ada"),
        Silence("for a day", MONDAY + SECOND + 24 * HOUR, id="8"),
        Silence("for long", MONDAY + 25 * HOUR, id="10"),
        Silence("over", MONDAY - HOUR, id="9"),
    )
    (entry,) = handover_messages(
        policies(silences=silences), [warning, info, unconfirmed, ALERT], MONDAY - SECOND, MONDAY + SECOND
    )
    assert entry.text is not None
    assert entry.text.splitlines() == [
        "Grace is on call (oncall) until 2026-01-19 09:00 after Ada",
        "2 open alerts:",
        "- critical checkout is down since 08:00, nobody has it",
        "- warning cart is slow since 08:00, Ada has it: a slow query",
        "",
        "Silences that end within 24 hours:",
        "- 7 at 11:00: tuning (Ada)",
        "- 8 at Tue 09:00: for a day",
    ]
    assert (entry.channel, entry.receiver, entry.kind.value) == ("chat", "chat", "handover")
    assert entry.dedup_key == "handover.oncall.2026-01-12T08:00:00+00:00.chat"
    assert entry.expires_at == MONDAY + SECOND + 12 * HOUR


def test_a_quiet_handover_says_so() -> None:
    (entry,) = handover_messages(policies(), [], MONDAY - SECOND, MONDAY)
    assert entry.text == "Grace is on call (oncall) until 2026-01-19 09:00 after Ada\nNo open alerts."


def test_a_flood_of_alerts_is_cut() -> None:
    (entry,) = handover_messages(policies(), [ALERT] * 100, MONDAY - SECOND, MONDAY)
    assert entry.text is not None
    assert entry.text.splitlines()[1] == "100 open alerts:"
    assert entry.text.splitlines()[-1] == "- and 80 more"
    (entry,) = handover_messages(policies(), [ALERT] * 20, MONDAY - SECOND, MONDAY)
    assert "more" not in (entry.text or "")


def test_only_enabled_channels_of_rotas_with_a_summary_are_told() -> None:
    assert handover_messages(policies(replace(WEEK, summary=())), [], MONDAY - SECOND, MONDAY) == ()
    assert handover_messages(policies(replace(WEEK, summary=("off",))), [], MONDAY - SECOND, MONDAY) == ()
