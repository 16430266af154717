"""The words the program uses for states, severities and faults; every other room takes them from here."""

from __future__ import annotations

from enum import StrEnum


class ServiceState(StrEnum):
    """What a service is, as far as anybody can tell."""

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
    """The worst state of everything watched; the exit code of ``status`` follows it."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Criticality(StrEnum):
    """How often a service is probed when it names no interval of its own."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class AlertState(StrEnum):
    """The condition of an alert episode; acknowledgement is a separate dimension."""

    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    RESOLVED = "resolved"


class AlertType(StrEnum):
    """What an alert is about."""

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
    SLO_BURN = "slo_burn"
    NOTIFY = "notify"
    MONITOR = "monitor"


class Resolution(StrEnum):
    """Why an episode was closed."""

    RECOVERED = "recovered"
    CLEARED = "cleared"
    """It went back to normal while still pending; nobody was told."""
    MANUAL = "manual"
    RULE_REMOVED = "rule_removed"


class ErrorClass(StrEnum):
    """Why a measurement failed, in terms a person can act on."""

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
    """The total deadline passed after the connection stood."""
    PROTOCOL = "protocol"
    HTTP_STATUS = "http_status"
    HEADER_ASSERT = "header_assert"
    BODY_ASSERT = "body_assert"
    TOO_LARGE = "too_large"
    REDIRECT_LOOP = "redirect_loop"
    BLOCKED_ADDRESS = "blocked_address"
    """The name resolved to an address that is never a target (cloud metadata, multicast, ...)."""
    QUERY_FAILED = "query_failed"
    NO_ROUTE = "no_route"
    """This machine has no route to the target. The state is unknown, not down."""
    LOCAL_ERROR = "local_error"
    """The monitor itself could not measure (out of file descriptors, say). The state is unknown, not down."""


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
"""No connection came about."""


class FigureKind(StrEnum):
    """The platform's API endpoints that are read for figures."""

    OVERVIEW = "overview"
    CHATBOT = "chatbot"
    REVENUE = "revenue"
    PLANS = "plans"


class FigureUnit(StrEnum):
    """The unit that a figure is kept and shown in, whatever the platform sends."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "s"
    MONEY = "currency"
    """Whole units of the platform's currency; where that is configured, its code stands in place of this word."""
    SCORE = "score"
    """Points out of five."""
    PER_MINUTE = "per_minute"


class MonitorState(StrEnum):
    """Whether anybody is probing."""

    RUNNING = "running"
    SILENT = "silent"
    """A monitor holds the lease but has written nothing for longer than it should."""
    STOPPED = "stopped"


class GapReason(StrEnum):
    """Why nothing was measured for a while."""

    STOPPED = "stopped"
    SUSPENDED = "suspended"
    STALLED = "stalled"
    LOST = "lost"
    """Measured, but the database could not be written for so long that the oldest samples had to be dropped."""
