"""``channels`` and ``email_alerts``: where notifications go."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from amt_console.config.faults import Refused
from amt_console.config.secrets.kinds import HeaderSecret, LoginUrlSecret, TeamsUrlSecret, UrlSecret
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections.scalars import Flag, MailAddress, Name, Port, Section, Text
from amt_console.config.sections.services import BasicAuth, HeaderName

Tls = Literal["starttls", "tls", "none"]
HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")]
Recipients = Annotated[tuple[MailAddress, ...], Field(max_length=50)]


class Mail(Section):
    """How mail is sent."""

    smtp_server: HostName = "smtp.gmail.com"
    """Mail server."""
    smtp_port: Port = 587
    """Its port: usually 587 with `starttls`, 465 with `tls`, 25 with `none`."""
    sender_email: MailAddress = "alerts@ai-marketing-tools.com"
    """Sender address."""
    recipients: Recipients = ()
    """Recipients, at most 50."""
    username: Text | None = None
    """User name at the mail server; without one there is no login."""
    password: Secret | None = None
    """Password at the mail server (secret)."""
    tls: Tls = "starttls"
    """`starttls`, `tls` from the first byte, or `none`, which sends everything readable."""

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise Refused("needs both `username` and `password`, or neither")
        if self.password is not None and self.tls == "none":
            raise Refused("`tls` must not be `none` with a password: it would be sent readable")
        return self


class EmailAlerts(Mail):
    """The original's mail section. Enabled, it is the channel `email`: critical at once, persisting warnings."""

    enabled: Flag = False
    """Whether mail is sent."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.enabled and not self.recipients:
            raise Refused("needs at least one address in `recipients` when `enabled`")
        return self


class Channel(Section):
    """The keys of every channel."""

    name: Name
    """Unique name, for escalation and `notify test`."""
    enabled: Flag = True
    """Whether anything is sent."""
    send_resolved: Flag = True
    """Whether recovery is sent to everybody who received the alert."""


class EmailChannel(Channel, Mail):
    """Mail."""

    type: Literal["email"]
    """`email`."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.recipients:
            raise Refused("needs at least one address in `recipients`")
        return self


class SlackChannel(Channel):
    """A Slack incoming webhook."""

    type: Literal["slack"]
    """`slack`."""
    url: UrlSecret
    """The webhook's URL (secret)."""


class TeamsChannel(Channel):
    """A Microsoft Teams workflow that posts to a channel."""

    type: Literal["teams"]
    """`teams`."""
    url: TeamsUrlSecret
    """The workflow's URL (secret). Office 365 connectors are retired and refused."""


class PagerDutyChannel(Channel):
    """A PagerDuty service, Events API v2."""

    type: Literal["pagerduty"]
    """`pagerduty`."""
    routing_key: Secret
    """Integration key of the service (secret)."""
    url: LoginUrlSecret = LoginUrlSecret("https://events.pagerduty.com/v2/enqueue")
    """Where events are sent: by default `https://events.pagerduty.com/v2/enqueue`; accounts in the EU use
    `https://events.eu.pagerduty.com/v2/enqueue`."""


class WebhookChannel(Channel):
    """Any receiver of JSON over HTTP."""

    type: Literal["webhook"]
    """`webhook`."""
    url: UrlSecret
    """Where to post (secret)."""
    secret: Secret | None = None
    """Key with which messages are signed (secret)."""
    headers: dict[HeaderName, HeaderSecret] = Field(default_factory=dict)
    """Further headers (values are secrets)."""


class AlertmanagerChannel(Channel):
    """A Prometheus Alertmanager."""

    type: Literal["alertmanager"]
    """`alertmanager`."""
    url: LoginUrlSecret
    """Its base URL, such as `http://alertmanager:9093`."""
    auth: BasicAuth | None = None
    """HTTP basic authentication."""


class AppriseChannel(Channel):
    """Any service of the Apprise library."""

    type: Literal["apprise"]
    """`apprise`."""
    url: Secret
    """Apprise URL (secret)."""


AnyChannel = Annotated[
    EmailChannel
    | SlackChannel
    | TeamsChannel
    | PagerDutyChannel
    | WebhookChannel
    | AlertmanagerChannel
    | AppriseChannel,
    Field(discriminator="type"),
]
