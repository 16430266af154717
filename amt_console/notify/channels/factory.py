"""The channels of a configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from amt_console.clock import Clock
from amt_console.config.faults import Refused
from amt_console.config.files.receivers import EMAIL_CHANNEL
from amt_console.config.files.walk import secrets_of
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections import channels as sections
from amt_console.config.sections.scalars import ConfigSection
from amt_console.config.settings import Settings
from amt_console.model.states import ChannelType
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.alertmanager import PATH, AlertmanagerChannel
from amt_console.notify.channels.apprise import AppriseChannel
from amt_console.notify.channels.broken import BrokenChannel
from amt_console.notify.channels.channel import Channel
from amt_console.notify.channels.email import EmailChannel, MailServer
from amt_console.notify.channels.exec import ExecChannel
from amt_console.notify.channels.http import HttpSender, basic
from amt_console.notify.channels.ntfy import NtfyChannel, server_and_topic
from amt_console.notify.channels.pagerduty import BUSY_SECONDS as PAGERDUTY_BUSY_SECONDS
from amt_console.notify.channels.pagerduty import PagerDutyChannel
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.channels.rotating import RotatingChannel
from amt_console.notify.channels.slack import SlackChannel
from amt_console.notify.channels.teams import TeamsChannel
from amt_console.notify.channels.template_body import template_body
from amt_console.notify.channels.webhook import WebhookChannel, alertmanager_body


@dataclass(frozen=True, slots=True)
class ChannelContext:
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

    def receiver(
        self,
        url: Secret,
        label: str,
        *,
        path: str = "",
        advice: str | None = None,
        busy_seconds: float | None = None,
        secrets: Iterable[str] = (),
        restricted: bool = True,
    ) -> HttpReceiver:
        """A receiver at a secret URL; ``restricted``: private addresses must be listed. Raises Refused."""
        sender = HttpSender(self.restricted if restricted else self.open)
        address = self.secret(url).rstrip("/") + path if path else self.secret(url)
        return HttpReceiver(
            address, sender, self.clock, label=label, advice=advice, busy_seconds=busy_seconds, secrets=secrets
        )


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
    around = ChannelContext(
        clock=clock,
        instance=instance,
        zone=None if zone is None else ZoneInfo(zone),
        env=env,
        restricted=AddressRules(settings.notify.allow_private),
        open=AddressRules(restricted=False),
    )
    found: dict[str, Channel] = {}
    mail = settings.email_alerts
    if mail.enabled:
        found[EMAIL_CHANNEL] = _built(
            EMAIL_CHANNEL, ChannelType.EMAIL, mail, around, lambda: _email(EMAIL_CHANNEL, mail, around)
        )
    for section in settings.channels:
        if section.enabled:
            found[section.name] = _channel(section, around)
    return found


def _channel(section: sections.AnyChannel, around: ChannelContext) -> Channel:
    kind = ChannelType(section.type)
    return _built(section.name, kind, section, around, lambda: _of_section(section, around))


def _built(
    name: str, kind: ChannelType, section: ConfigSection, around: ChannelContext, build: Callable[[], Channel]
) -> Channel:
    def secrets() -> tuple[str, ...]:
        return tuple(around.secret(secret) for _, secret in secrets_of(section))

    try:
        channel = build()
    except Refused as error:
        return BrokenChannel(name, kind, str(error))
    rotates = any(not secret.inline for _, secret in secrets_of(section))
    return RotatingChannel(channel, build, secrets) if rotates else channel


def _of_section(section: sections.AnyChannel, around: ChannelContext) -> Channel:
    match section:
        case sections.EmailSettings():
            return _email(section.name, section, around)
        case sections.SlackSettings():
            receiver = around.receiver(section.url, "Slack", advice="is the webhook still there?")
            return SlackChannel(section.name, receiver, zone=around.zone)
        case sections.TeamsSettings():
            receiver = around.receiver(section.url, "Teams", advice="is the workflow still there, and on?")
            return TeamsChannel(section.name, receiver, zone=around.zone)
        case sections.PagerDutySettings():
            return _pagerduty(section, around)
        case sections.WebhookSettings():
            return _webhook(section, around)
        case sections.AlertmanagerSettings():
            return _alertmanager(section, around)
        case sections.NtfySettings():
            return _ntfy(section, around)
        case sections.ExecSettings():
            return ExecChannel(
                section.name,
                section.command,
                environment=section.environment,
                timeout=section.timeout,
                instance=around.instance,
                env=around.env,
                zone=around.zone,
            )
        case sections.AppriseSettings():
            return AppriseChannel(section.name, around.secret(section.url), zone=around.zone)


def _email(name: str, mail: sections.Mail, around: ChannelContext) -> Channel:
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


def _pagerduty(section: sections.PagerDutySettings, around: ChannelContext) -> Channel:
    key = around.secret(section.routing_key)
    receiver = around.receiver(
        section.url,
        "PagerDuty",
        advice="is the routing key right?",
        busy_seconds=PAGERDUTY_BUSY_SECONDS,
        secrets=(key,),
        restricted=False,
    )
    return PagerDutyChannel(section.name, receiver, key, instance=around.instance, zone=around.zone)


def _webhook(section: sections.WebhookSettings, around: ChannelContext) -> Channel:
    headers = {name: around.secret(value) for name, value in section.headers.items()}
    if section.template is None:
        body = alertmanager_body(around.instance)
    else:
        body = template_body(section.template, around.instance, around.zone)
    return WebhookChannel(
        section.name,
        around.receiver(section.url, f"webhook {section.name}", secrets=headers.values()),
        around.clock,
        body,
        secret=None if section.secret is None else around.secret(section.secret),
        headers=headers,
    )


def _alertmanager(section: sections.AlertmanagerSettings, around: ChannelContext) -> Channel:
    headers = {}
    if section.auth is not None:
        headers = {"authorization": basic(section.auth.username, around.secret(section.auth.password))}
    receiver = around.receiver(section.url, "Alertmanager", path=PATH, secrets=headers.values(), restricted=False)
    return AlertmanagerChannel(section.name, receiver, around.clock, instance=around.instance, headers=headers)


def _ntfy(section: sections.NtfySettings, around: ChannelContext) -> Channel:
    server, topic = server_and_topic(around.secret(section.url))
    token = None if section.token is None else around.secret(section.token)
    receiver = HttpReceiver(
        server,
        HttpSender(around.restricted),
        around.clock,
        label="ntfy",
        advice="is the token right, and may it write to the topic?",
        secrets=(topic, token or ""),
    )
    return NtfyChannel(section.name, receiver, topic, token=token, zone=around.zone)
