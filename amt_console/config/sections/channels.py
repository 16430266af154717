"""``channels`` and ``email_alerts``: where notifications go."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.secrets.kinds import (
    HeaderSecret,
    LoginUrlSecret,
    SigningSecret,
    TeamsUrlSecret,
    TopicUrlSecret,
    UrlSecret,
)
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections.notify import HourlyCap, RetryFirst, RetryMost
from amt_console.config.sections.scalars import (
    ConfigSection,
    Delay,
    DurationRange,
    Flag,
    MailAddress,
    Name,
    Port,
    TemplateFile,
    Text,
    VariableName,
    duration_schema,
)
from amt_console.config.sections.services import BasicAuth, HeaderName

Tls = Literal["auto", "starttls", "tls", "none"]
Argument = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]
Command = Annotated[tuple[Argument, ...], Field(min_length=1, max_length=100)]
DeliveryTimeout = Annotated[float, BeforeValidator(DurationRange(1, 55)), WithJsonSchema(duration_schema())]
HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")]
Recipients = Annotated[tuple[MailAddress, ...], Field(max_length=50)]


class Mail(ConfigSection):
    """How mail is sent."""

    smtp_server: HostName = "smtp.gmail.com"
    """Mail server."""
    smtp_port: Port = 587
    """Its port: usually 587 with `auto` and `starttls`, 465 with `tls`, 25 with `none`."""
    sender_email: MailAddress = "alerts@ai-marketing-tools.com"
    """Sender address."""
    recipients: Recipients = ()
    """Recipients, at most 50."""
    username: Text | None = None
    """User name at the mail server; without one there is no login."""
    password: Secret | None = None
    """Password at the mail server (secret)."""
    tls: Tls = "auto"
    """`auto` encrypts if the server offers STARTTLS, and requires it with a password; `starttls` always requires it;
    `tls` encrypts from the first byte; `none` sends everything readable."""

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


class ChannelSettings(ConfigSection):
    """The keys of every channel."""

    name: Name
    """Unique name, for escalation and `notify test`."""
    enabled: Flag = True
    """Whether anything is sent."""
    send_resolved: Flag = True
    """Whether recovery is sent to everybody who received the alert."""
    group_wait: Delay | None = None
    """How long messages are collected before the first of a group is sent; by default as in `notify`, like the
    following."""
    group_wait_critical: Delay | None = None
    """The same where one of them is critical."""
    group_interval: Delay | None = None
    """Least time between two messages of a group."""
    hourly_cap: HourlyCap | None = None
    """Most messages an hour; the rest becomes one digest. Critical pages do not count."""
    retry_first: RetryFirst | None = None
    """Pause after the first failed attempt; it doubles with each further one."""
    retry_most: RetryMost | None = None
    """Longest pause between two attempts."""


class EmailSettings(ChannelSettings, Mail):
    """Mail."""

    type: Literal["email"]
    """`email`."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.recipients:
            raise Refused("needs at least one address in `recipients`")
        return self


class SlackSettings(ChannelSettings):
    """A Slack incoming webhook."""

    type: Literal["slack"]
    """`slack`."""
    url: UrlSecret
    """The webhook's URL (secret)."""


class TeamsSettings(ChannelSettings):
    """A Microsoft Teams workflow that posts to a channel."""

    type: Literal["teams"]
    """`teams`."""
    url: TeamsUrlSecret
    """The workflow's URL (secret). Office 365 connectors are retired and refused."""


class PagerDutySettings(ChannelSettings):
    """A PagerDuty service, Events API v2."""

    type: Literal["pagerduty"]
    """`pagerduty`."""
    routing_key: Secret
    """Integration key of the service (secret)."""
    url: LoginUrlSecret = LoginUrlSecret("https://events.pagerduty.com/v2/enqueue")
    """Where events are sent: by default `https://events.pagerduty.com/v2/enqueue`; accounts in the EU use
    `https://events.eu.pagerduty.com/v2/enqueue`."""


class WebhookSettings(ChannelSettings):
    """Any receiver of JSON over HTTP."""

    type: Literal["webhook"]
    """`webhook`."""
    url: UrlSecret
    """Where to post (secret)."""
    secret: SigningSecret | None = None
    """Key with which messages are signed (secret)."""
    headers: dict[HeaderName, HeaderSecret] = Field(default_factory=dict)
    """Further headers (values are secrets)."""
    format: Literal["alertmanager", "template"] = "alertmanager"
    """The body: as Alertmanager's webhook sends it, or made by `template`."""
    template: TemplateFile | None = None
    """A Jinja2 template of the body. With the suffix `.json` or `.json.j2` it must produce JSON; anything else is sent
    as text."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.format == "template") != (self.template is not None):
            raise Refused('needs both `format = "template"` and `template`, or neither')
        return self


class AlertmanagerSettings(ChannelSettings):
    """A Prometheus Alertmanager."""

    type: Literal["alertmanager"]
    """`alertmanager`."""
    url: LoginUrlSecret
    """Its base URL, such as `http://alertmanager:9093`."""
    auth: BasicAuth | None = None
    """HTTP basic authentication."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not self.send_resolved:
            raise Refused("`send_resolved` must stay true: Alertmanager would never learn that an alert has ended")
        return self


class NtfySettings(ChannelSettings):
    """A topic of an ntfy server, with a button to acknowledge where links are configured."""

    type: Literal["ntfy"]
    """`ntfy`."""
    url: TopicUrlSecret
    """The topic's URL, such as `https://ntfy.sh/our-alerts` (secret: whoever knows a topic can read it)."""
    token: HeaderSecret | None = None
    """Access token (secret)."""


class ExecSettings(ChannelSettings):
    """A program of your own, which gets the alert as JSON on standard input."""

    type: Literal["exec"]
    """`exec`."""
    command: Command
    """The program and its arguments, as a list; no shell is involved."""
    environment: Annotated[tuple[VariableName, ...], Field(max_length=100)] = ("PATH",)
    """Names of the environment variables that it gets."""
    timeout: DeliveryTimeout = 30.0
    """Longest run time; after it the program and its children are ended."""


class AppriseSettings(ChannelSettings):
    """Any service of the Apprise library."""

    type: Literal["apprise"]
    """`apprise`."""
    url: Secret
    """Apprise URL (secret)."""


AnyChannel = Annotated[
    EmailSettings
    | SlackSettings
    | TeamsSettings
    | PagerDutySettings
    | WebhookSettings
    | AlertmanagerSettings
    | NtfySettings
    | ExecSettings
    | AppriseSettings,
    Field(discriminator="type"),
]
