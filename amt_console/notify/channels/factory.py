"""The channels of a configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from amt_console.clock import Clock
from amt_console.config.faults import Refused
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections import channels as sections
from amt_console.config.settings import Settings
from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.channel import Channel, DeliveryError, FailureReason
from amt_console.notify.channels.email import EmailChannel, MailServer
from amt_console.notify.channels.http import HttpSender
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.channels.slack import SlackChannel
from amt_console.notify.channels.webhook import WebhookChannel, alertmanager_body

EMAIL_CHANNEL = "email"
"""The name of the channel of an enabled ``email_alerts``."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all channels share."""

    clock: Clock
    instance: str
    zone: tzinfo | None
    env: Mapping[str, str]
    restricted: AddressRules
    open: AddressRules

    def secret(self, secret: Secret) -> str:
        """The value of a secret now. Raises Refused."""
        return secret.resolve(self.env)


def channels_of(
    settings: Settings, *, clock: Clock, instance: str, env: Mapping[str, str] = os.environ
) -> dict[str, Channel]:
    """The enabled channels by name; an enabled ``email_alerts`` is the channel ``email``.

    A channel that cannot be built, e.g. because its secret cannot be read any more, is there as well and refuses each
    message with the reason.

    Args:
        settings: The configuration.
        clock: Dates signatures and mails.
        instance: Which monitor sends: in labels, keys and ids.
        env: Where secrets are looked up.
    """
    zone = settings.console.time_zone
    around = Surroundings(
        clock=clock,
        instance=instance,
        zone=None if zone is None else ZoneInfo(zone),
        env=env,
        restricted=AddressRules(settings.notify.allow_private),
        open=AddressRules(restricted=False),
    )
    found: dict[str, Channel] = {}
    if settings.email_alerts.enabled:
        mail = settings.email_alerts
        found[EMAIL_CHANNEL] = _built(EMAIL_CHANNEL, ChannelType.EMAIL, lambda: _email(EMAIL_CHANNEL, mail, around))
    for section in settings.channels:
        if section.enabled:
            found[section.name] = _channel(section, around)
    return found


class BrokenChannel:
    """A channel that cannot be used as it is configured: every message fails with the reason."""

    groups = True

    def __init__(self, name: str, kind: ChannelType, reason: str) -> None:
        self.name = name
        self.type = kind
        self._reason = reason

    async def send(self, message: Message) -> None:
        """Raises DeliveryError."""
        raise DeliveryError(FailureReason.CONFIGURATION, f"channel {self.name} cannot be used: {self._reason}")

    async def aclose(self) -> None:
        """Nothing is open."""


def _channel(section: sections.AnyChannel, around: Surroundings) -> Channel:
    return _built(section.name, ChannelType(section.type), lambda: _of_section(section, around))


def _built(name: str, kind: ChannelType, build: Callable[[], Channel]) -> Channel:
    try:
        return build()
    except Refused as error:
        return BrokenChannel(name, kind, str(error))


def _of_section(section: sections.AnyChannel, around: Surroundings) -> Channel:
    match section:
        case sections.EmailChannel():
            return _email(section.name, section, around)
        case sections.SlackChannel():
            url = around.secret(section.url)
            receiver = _receiver(url, around, "Slack", "is the webhook still there?")
            return SlackChannel(section.name, receiver, zone=around.zone)
        case sections.WebhookChannel():
            return _webhook(section, around)
        case _:
            raise Refused(f"type {section.type} is not built yet")


def _receiver(
    url: str, around: Surroundings, label: str, advice: str | None = None, *, restricted: bool = True
) -> HttpReceiver:
    rules = around.restricted if restricted else around.open
    return HttpReceiver(url, HttpSender(rules), around.clock, label=label, advice=advice)


def _email(name: str, mail: sections.Mail, around: Surroundings) -> Channel:
    server = MailServer(
        host=mail.smtp_server,
        port=mail.smtp_port,
        tls=mail.tls,
        username=mail.username,
        password=None if mail.password is None else around.secret(mail.password),
    )
    return EmailChannel(
        name,
        server,
        sender=mail.sender_email,
        recipients=mail.recipients,
        instance=around.instance,
        clock=around.clock,
        zone=around.zone,
    )


def _webhook(section: sections.WebhookChannel, around: Surroundings) -> Channel:
    if section.format == "template":
        raise Refused("templates are not built yet")
    receiver = _receiver(around.secret(section.url), around, f"webhook {section.name}")
    return WebhookChannel(
        section.name,
        receiver,
        around.clock,
        alertmanager_body(around.instance),
        secret=None if section.secret is None else around.secret(section.secret),
        headers={name: around.secret(value) for name, value in section.headers.items()},
    )
