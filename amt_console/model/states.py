"""The program's words for states, severities and faults."""

from __future__ import annotations

from enum import StrEnum


class ServiceState(StrEnum):
    """The state of a service, as far as known."""

    UP = "up"
    DEGRADED = "degraded"
    """Answers correctly, but slower than its limit. Counts as up for availability."""
    DOWN = "down"
    UNKNOWN = "unknown"
    """Could not be measured, or not measured yet. Neither up nor down."""
    MAINTENANCE = "maintenance"


class Severity(StrEnum):
    """How much an alert matters. Compare by ``rank``."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for critical."""
        return ("info", "warning", "critical").index(self.value)


class Overall(StrEnum):
    """The worst state of all watched targets; defines the exit code of ``status``."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Criticality(StrEnum):
    """Sets the probe interval of a service without its own."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class TargetKind(StrEnum):
    """What a target is, and so which collector measures it."""

    HTTP = "http"
    DATABASE = "database"
    TCP = "tcp"
    DNS = "dns"
    ICMP = "icmp"
    PLUGIN = "plugin"
    PROMETHEUS = "prometheus"


class AlertState(StrEnum):
    """The condition of an alert episode; acknowledgement is a separate dimension."""

    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"


class AlertType(StrEnum):
    """The kind of an alert."""

    SERVICE_DOWN = "service_down"
    RESPONSE_TIME = "response_time"
    ERROR_RATE = "error_rate"
    UPTIME = "uptime"
    CPU_USAGE = "cpu_usage"
    MEMORY_USAGE = "memory_usage"
    DISK_USAGE = "disk_usage"
    NO_DATA = "no_data"
    TLS_EXPIRY = "tls_expiry"
    DATABASE = "database"
    TREND = "trend"
    ANOMALY = "anomaly"
    VALUE = "value"
    """A value of a check, such as the connections of a database or the result of a Prometheus query."""
    PLUGIN = "plugin"
    """A plugin warns."""
    SLO_BURN = "slo_burn"
    NOTIFY = "notify"
    MONITOR = "monitor"
    HEARTBEAT = "heartbeat"
    EXTERNAL = "external"
    """Another program raised it."""


class ChannelType(StrEnum):
    """The kind of a notification channel."""

    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"
    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"
    NTFY = "ntfy"
    EXEC = "exec"
    APPRISE = "apprise"


class Rating(StrEnum):
    """A person's judgement of an alert, given when closing it."""

    NOISE = "noise"
    ACTIONABLE = "actionable"


class Role(StrEnum):
    """What a caller may do; each role may do what those before it may."""

    PROBE = "probe"
    """A machine: metrics and service discovery, nothing that a person sees."""
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Resolution(StrEnum):
    """Why an episode was closed."""

    RECOVERED = "recovered"
    CLEARED = "cleared"
    """It returned to normal while pending; it never fired."""
    MANUAL = "manual"
    RULE_REMOVED = "rule_removed"


class ErrorClass(StrEnum):
    """Why a measurement failed, in actionable terms."""

    DNS_TIMEOUT = "dns_timeout"
    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_ERROR = "dns_error"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    CONNECT_ERROR = "connect_error"
    TLS_EXPIRED = "tls_expired"
    TLS_HOSTNAME = "tls_hostname"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_OTHER = "tls_other"
    TIMEOUT = "timeout"
    """The total deadline passed after the connection was established."""
    PROTOCOL = "protocol"
    HTTP_STATUS = "http_status"
    HEADER_ASSERT = "header_assert"
    BODY_ASSERT = "body_assert"
    TOO_LARGE = "too_large"
    REDIRECT_LOOP = "redirect_loop"
    BLOCKED_ADDRESS = "blocked_address"
    """The name resolved to an address that is never a target (cloud metadata, multicast, ...)."""
    QUERY_FAILED = "query_failed"
    CHECK_FAILED = "check_failed"
    """A plugin found its subject bad."""
    CHECK_UNKNOWN = "check_unknown"
    """A plugin or a query could not tell. The state is unknown, not down."""
    NO_ROUTE = "no_route"
    """This machine has no route to the target. The state is unknown, not down."""
    LOCAL_ERROR = "local_error"
    """The monitor itself could not measure (e.g. out of file descriptors). The state is unknown, not down."""


OWN_ERRORS = frozenset((ErrorClass.NO_ROUTE, ErrorClass.LOCAL_ERROR))
"""Faults of this machine, which say nothing about the target."""
NETWORK_ERRORS = frozenset(
    (
        ErrorClass.DNS_TIMEOUT,
        ErrorClass.DNS_ERROR,
        ErrorClass.CONNECT_REFUSED,
        ErrorClass.CONNECT_TIMEOUT,
        ErrorClass.CONNECT_ERROR,
        ErrorClass.NO_ROUTE,
    )
)
"""No connection was established."""


class FigureKind(StrEnum):
    """The platform's API endpoints that are read for figures."""

    OVERVIEW = "overview"
    CHATBOT = "chatbot"
    REVENUE = "revenue"
    PLANS = "plans"


class FigureUnit(StrEnum):
    """The unit that a figure is stored and shown in, whatever the platform sends."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "s"
    MONEY = "currency"
    """Whole units of the platform's currency; if configured, its code replaces this word."""
    SCORE = "score"
    """Points out of five."""
    PER_MINUTE = "per_minute"


class MonitorState(StrEnum):
    """Whether a monitor is probing."""

    RUNNING = "running"
    SILENT = "silent"
    """A monitor holds the lease but has stored nothing for too long."""
    STOPPED = "stopped"


class GapReason(StrEnum):
    """The reason of a gap."""

    STOPPED = "stopped"
    SUSPENDED = "suspended"
    STALLED = "stalled"
    LOST = "lost"
    """Measured, but the database was not writable for so long that the oldest samples were dropped."""
