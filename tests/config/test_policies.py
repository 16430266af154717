"""The configuration of policies, rotas and people."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from support.config_reference import EXAMPLE

from amt_console.alerts.policy.escalation import escalation_for, receivers_of
from amt_console.config import Settings, load_config, targets
from amt_console.config.files.loading import parse_document
from amt_console.config.policies import policies_of
from amt_console.model import AlertType, ChannelType, Severity
from amt_console.model.alerts import Receiver
from amt_console.model.policy import Level, Policies, Recurrence

BERLIN = ZoneInfo("Europe/Berlin")


def policies(toml: str) -> Policies:
    settings = parse_document(tomllib.loads(toml), env={})
    return policies_of(settings, targets(settings, env={}))


def example() -> Policies:
    loaded = load_config(EXAMPLE, env={}, resolve_secrets=False)
    return policies_of(loaded.settings, ())


CHANNELS = """
[[channels]]
name = "a"
type = "slack"
url = "https://hooks.slack.com/x"
[[channels]]
name = "b"
type = "slack"
url = "https://hooks.slack.com/y"
send_resolved = false
[[channels]]
name = "off"
type = "slack"
enabled = false
url = "https://hooks.slack.com/z"
"""


def test_the_full_example_says_who_is_told() -> None:
    found = example()
    shop, office, rest = found.escalations
    assert (shop.name, shop.severity, shop.group, shop.repeat) == ("shop", Severity.CRITICAL, "shop", 2)
    assert shop.levels[2] == Level(1800.0, ("oncall:databases", "person:Ada", "ops-mail"))
    assert office.hours == Recurrence(time(9), 9 * 3600.0, ("mon", "tue", "wed", "thu", "fri"), BERLIN)
    assert (rest.name, rest.hours) == ("escalation 3", None)
    assert found.quiet_hours == Recurrence(time(22), 8 * 3600.0, (), BERLIN)
    ada = found.people["Ada"]
    assert ada.channels_for(Severity.CRITICAL) == ("pager", "ops-slack")
    assert ada.channels_for(Severity.WARNING) == ("ops-slack",)
    assert ada.is_actor("token:ada-laptop")
    assert not ada.is_actor("grace")
    assert set(found.rotas) == {"oncall", "databases"}
    assert found.rotas["oncall"].people == ("Ada", "Grace")
    assert found.rotas["databases"].overrides[0].rota == "databases"
    (silence,) = found.silences
    assert (silence.id, silence.match, silence.alert_types) == ("config-1", "^check", (AlertType.RESPONSE_TIME,))
    once, weekly = found.maintenance
    assert (once.starts_at, once.recurrence) == (datetime(2026, 3, 1, 21, tzinfo=UTC), None)
    assert weekly.recurrence == Recurrence(time(2, 30), 45 * 60.0, ("tue", "thu"), BERLIN)
    assert found.channels["email"].type is ChannelType.EMAIL
    assert "everything-else" not in found.channels, "it is not enabled"


def test_the_defaults_tell_nobody_and_know_the_groups() -> None:
    settings = Settings()
    found = policies_of(settings, targets(settings, env={}))
    assert not found.channels
    assert found.groups["web-app"] == "platform"
    assert found.depends_on["api-plans"] == ("backend-api",)
    assert found.intervals["backend-api"] == 15.0
    assert escalation_for(found, Severity.CRITICAL, "platform", datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_the_originals_mail_section_is_a_channel_with_the_originals_rules() -> None:
    found = policies('[email_alerts]\nenabled = true\nrecipients = ["a@b.example"]\n[notify]\nwarning_after = "10m"')
    now = datetime(2026, 1, 1, tzinfo=UTC)
    critical = escalation_for(found, Severity.CRITICAL, "platform", now)
    warning = escalation_for(found, Severity.WARNING, "platform", now)
    assert critical is not None
    assert critical.levels == tuple(Level(after, ("email",)) for after in (0.0, 600.0, 1200.0))
    assert warning is not None
    assert warning.levels == (Level(600.0, ("email",)),)


def test_what_is_not_enabled_is_left_out() -> None:
    found = policies(
        CHANNELS
        + """
        [[escalation]]
        enabled = false
        levels = [{ notify = ["a"] }]
        [[escalation]]
        name = "kept"
        levels = [{ notify = ["a", "off"] }]
        [[maintenance]]
        name = "m"
        enabled = false
        groups = ["platform"]
        start = "02:00"
        duration = "1h"
        """
    )
    assert list(found.channels) == ["a", "b"]
    assert not found.channels["b"].send_resolved
    assert [policy.name for policy in found.escalations] == ["kept"]
    assert found.maintenance == ()


def test_one_person_needs_no_start_and_several_may_be_listed_for_other_rotas_alone() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one = policies(CHANNELS + '[oncall]\npeople = [{ name = "Ada", channels = ["a"] }]')
    assert receivers_of(one, ("oncall",), Severity.WARNING, now) == (Receiver("a", "Ada"),)
    several = policies(
        CHANNELS
        + """
        [oncall]
        people = [{ name = "Ada", channels = ["a"] }, { name = "Grace", channels = { warning = ["b"] } }]
        rotas = [{ name = "shop", people = ["Grace"] }]
        """
    )
    assert list(several.rotas) == ["shop"]
    assert receivers_of(several, ("oncall:shop",), Severity.CRITICAL, now) == (Receiver("b", "Grace"),)


def test_a_person_with_channels_for_critical_alerts_alone_gets_all_there() -> None:
    found = policies(CHANNELS + '[oncall]\npeople = [{ name = "Ada", channels = { critical = ["a"] } }]')
    assert found.people["Ada"].channels_for(Severity.WARNING) == ("a",)
