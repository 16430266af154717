"""The tables about the program itself: retention, API, console, canaries, watchdog."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.secrets.kinds import DataKeySecret, HookSecret, UrlSecret
from amt_console.config.sections.commands import CommandSettings, check_together
from amt_console.config.sections.scalars import (
    FOREVER,
    YEAR,
    ConfigSection,
    DurationRange,
    Flag,
    HttpUrl,
    Interval,
    Keep,
    Name,
    Network,
    Port,
    ReadableFile,
    Text,
    Timeout,
    TimeZone,
    duration_schema,
)
from amt_console.hosts import is_loopback
from amt_console.keys import KeymapError, check_keymap
from amt_console.own_commands import MAX_COMMANDS

DAY = 86400.0
MAX_SOCKET_CHARS = 100
"""Longest path of a socket; the system's limit is 107."""


class RollupRetention(ConfigSection):
    """How long rollups are kept, by the length of their buckets. Each at least as long as the finer ones. Screens and
    reports read rollups."""

    minute: Keep = 30 * DAY
    """Rollups per minute; may be kept shorter than probe results."""
    five_minutes: Keep = 90 * DAY
    """Rollups per five minutes; at least as long as probe results."""
    hour: Keep = 730 * DAY
    """Rollups per hour."""
    day: Keep = FOREVER
    """Rollups per day."""

    @model_validator(mode="after")
    def _coarser_outlive(self) -> Self:
        kept = (self.minute, self.five_minutes, self.hour, self.day)
        if list(kept) != sorted(kept):
            raise Refused("`day` must be kept at least as long as `hour`, that as `five_minutes`, and that as `minute`")
        return self


class RetentionSettings(ConfigSection):
    """How long data is kept: a whole day (UTC) is deleted when all of it has expired. Durations, or `"forever"`.
    Reports are files and are never deleted."""

    monitoring_logs: Keep = 30 * DAY
    """Probe results."""
    system_metrics: Keep = 90 * DAY
    """Host samples."""
    alerts: Keep = 365 * DAY
    """Alerts with their events and messages, counted from their end; silences, maintenance and overrides of rotas that
    people added, from theirs. Open alerts are never deleted."""
    state_changes: Keep = 730 * DAY
    """State changes of services."""
    gaps: Keep = 730 * DAY
    """Gaps in the measurement."""
    figures: Keep = 730 * DAY
    """Figures of the platform, the first answer of each hour; at least as long as `figures_detail`."""
    figures_detail: Keep = 30 * DAY
    """Figures of the platform, every answer."""
    audit: Keep = 730 * DAY
    """The audit trail."""
    rollups: RollupRetention = RollupRetention()
    """Rollups."""
    least_free_mib: Annotated[int, Field(ge=0, le=1_000_000)] = 500
    """With less MiB free on the database's disk, expired data is deleted at once and a notice is shown. 0: never."""

    @model_validator(mode="after")
    def _rollups_outlive(self) -> Self:
        if self.rollups.five_minutes < self.monitoring_logs or self.rollups.hour < self.system_metrics:
            raise Refused(
                "`rollups.five_minutes` must be kept at least as long as `monitoring_logs`, "
                "and `rollups.hour` as `system_metrics`"
            )
        if self.figures < self.figures_detail:
            raise Refused("`figures` must be kept at least as long as `figures_detail`")
        return self


Member = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^@?[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$")]
"""A user of the operating system, or ``@group``."""
HookAge = Annotated[float, BeforeValidator(DurationRange(60, YEAR)), WithJsonSchema(duration_schema())]
SocketFile = Annotated[str, Field(min_length=2, max_length=MAX_SOCKET_CHARS, pattern=r"^/.*[^/]$")]


class ApiRoles(ConfigSection):
    """Who may do what on the monitor's socket: users of the operating system, and groups as `"@group"`. The highest
    role counts. The monitor's own user and root are always admin; without this table nobody else has a role."""

    viewer: Annotated[tuple[Member, ...], Field(max_length=500)] = ()
    """May read."""
    operator: Annotated[tuple[Member, ...], Field(max_length=500)] = ()
    """May read, and act on alerts and services."""
    admin: Annotated[tuple[Member, ...], Field(max_length=500)] = ()
    """May do everything."""


class ApiSettings(ConfigSection):
    """The monitor's socket, by which other consoles of the host attach, and the REST API over TCP. Access tokens are
    made by `amt-console token`, not written here."""

    roles: ApiRoles = ApiRoles()
    """Who may do what on the socket."""
    socket: SocketFile | None = None
    """The monitor's socket, an absolute path; by default beside the database."""
    socket_group: Name | None = None
    """Group of the operating system that may connect to the socket; by default the monitor's own user alone."""
    enabled: Flag = False
    """Whether the monitor serves the API over TCP as well."""
    host: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")] = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8787
    """Port to listen on."""
    tls_certificate: ReadableFile | None = None
    """PEM file of the certificate chain."""
    tls_key: ReadableFile | None = None
    """PEM file of its key."""
    allow_plain_http: Flag = False
    """Allow other hosts without TLS, e.g. behind a proxy with TLS."""
    trusted_proxies: Annotated[tuple[Network, ...], Field(max_length=100)] = ()
    """Proxies before the API, as addresses or networks: the client is then the right-most address of `X-Forwarded-For`
    that is none of them."""
    max_connections_per_address: Annotated[int, Field(ge=4, le=512)] = 64
    """Connections from one address. Above that, the connection that waits longest without a request is closed."""
    requests_per_second: Annotated[float, Field(ge=0, le=100_000)] = 50
    """Requests of one access token, on average over ten seconds; more are answered with 429. 0: no limit."""
    requests_per_second_per_address: Annotated[float, Field(ge=0, le=100_000)] = 200
    """Requests from one address, on average over ten seconds. 0: no limit."""
    metrics_without_token: Flag = False
    """Whether `/metrics` needs no access token, for scrapers that cannot send one. It names services and channels."""
    public_url: HttpUrl | None = None
    """The address of the API for people, for links in messages."""
    hook_secrets: Annotated[tuple[HookSecret, ...], Field(max_length=20)] = ()
    """Keys of the signatures of `POST /api/v1/hooks/generic` (secrets), several while one replaces another; without any
    it takes nothing. `whsec_` and base64 as in Standard Webhooks, or any text; at least 24 bytes."""
    hook_stale_after: HookAge = 12 * 3600.0
    """An alert from outside that fires and is not repeated within this time is shown as stale; longer than the sender's
    `repeat_interval`."""
    hook_end_after: HookAge = 7 * DAY
    """After this time without a repetition it ends; longer than `hook_stale_after`."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.hook_end_after <= self.hook_stale_after:
            raise Refused("`hook_end_after` must be longer than `hook_stale_after`")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise Refused("needs both `tls_certificate` and `tls_key`, or neither")
        if self.tls_key is None and not self.allow_plain_http and not is_loopback(self.host):
            raise Refused(
                "`host` is reachable from other machines",
                "set `tls_certificate` and `tls_key`, or `allow_plain_http` to true",
            )
        return self


Theme = Literal[
    "amt-colour-blind",
    "amt-dark",
    "amt-high-contrast",
    "amt-light",
    "ansi-dark",
    "ansi-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
]


def _fit(keymap: dict[str, str]) -> dict[str, str]:
    try:
        check_keymap(keymap)
    except KeymapError as error:
        raise Refused(str(error), error.suggestion) from None
    return keymap


class ConsoleSettings(ConfigSection):
    """The live screen. Flags of the command line take precedence."""

    theme: Theme | None = None
    """Colour theme of every start. By default the one that the person chose last, else the program's own dark one, or
    the terminal's own colours where it has few."""
    ascii: Flag = False
    """Draw with ASCII characters only."""
    mouse: Flag = True
    """Use the mouse."""
    bell: Flag = True
    """Ring the terminal's bell when a critical alert begins to fire."""
    desktop_notifications: Literal["auto", "osc9", "osc777", "off"] = "auto"
    """A notification of the desktop when a critical alert begins to fire, through the terminal: by OSC 9, by OSC 777,
    or by the one that the terminal seems to know."""
    time_zone: TimeZone | None = None
    """Time zone of the times on the screen and in reports; by default the host's."""
    keymap: Annotated[dict[Name, Annotated[str, Field(min_length=1, max_length=100)]], AfterValidator(_fit)] = Field(
        default_factory=dict
    )
    """Other keys, by what they do: `acknowledge = "f2"`, or several as `"a,f2"`. The console's page lists the names."""
    commands: Annotated[tuple[CommandSettings, ...], Field(max_length=MAX_COMMANDS)] = ()
    """Your own commands, each on a key."""

    @model_validator(mode="after")
    def _keys_are_free(self) -> Self:
        check_together(self.commands, self.keymap)
        return self


class EncryptionSettings(ConfigSection):
    """Sensitive values are stored encrypted: the answers of failing services. The key also seals the audit. A key is 32
    random bytes in base64 (`openssl rand -base64 32`) and is never in the database: keep a copy elsewhere."""

    enabled: Flag = True
    """Whether new values are encrypted. Old ones stay readable."""
    key: DataKeySecret | None = None
    """The key that new values are encrypted with (secret). `$AMT_DATA_KEY` takes precedence. By default a key is made
    once, as `data.key` in the user's state folder. Monitors of one database on several hosts need the same key."""
    previous_keys: Annotated[tuple[DataKeySecret, ...], Field(max_length=20)] = ()
    """Earlier keys, to read values encrypted with them (secret)."""


class CanarySettings(ConfigSection):
    """Pages elsewhere that distinguish an outage of our own network from one of the platform."""

    urls: Annotated[tuple[HttpUrl, ...], Field(max_length=10)] = ()
    """Pages that are nearly always up. Probed only when most services fail at once."""
    timeout: Timeout = 3.0
    """Deadline of one request."""


class WatchdogSettings(ConfigSection):
    """A dead man's switch: an external service raises the alarm when the monitor falls silent."""

    url: UrlSecret | None = None
    """Requested regularly while the monitor works (secret); none by default."""
    interval: Interval = 60.0
    """Time between requests."""
    timeout: Timeout = 10.0
    """Deadline of one request."""
    note: Text | None = None
    """Free text, such as the owner of the account."""

    @model_validator(mode="after")
    def _deadline(self) -> Self:
        if self.timeout >= self.interval:
            raise Refused("`timeout` must be below `interval`")
        return self
