"""The whole configuration as one model; the original's file is a subset of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from amt_console.config.secrets.kinds import StoreUrlSecret
from amt_console.config.sections.channels import AnyChannel, EmailAlerts
from amt_console.config.sections.escalation import EscalationSettings, QuietHours
from amt_console.config.sections.figures import FigureSettings
from amt_console.config.sections.heartbeats import HeartbeatSettings
from amt_console.config.sections.log import LogSettings
from amt_console.config.sections.notify import NotifySettings
from amt_console.config.sections.oncall import OncallSettings
from amt_console.config.sections.plugins import PluginSettings
from amt_console.config.sections.program import (
    ApiSettings,
    CanarySettings,
    ConsoleSettings,
    EncryptionSettings,
    RetentionSettings,
    WatchdogSettings,
)
from amt_console.config.sections.prometheus import PrometheusSettings
from amt_console.config.sections.reports import ReportSettings
from amt_console.config.sections.rules import RuleSettings
from amt_console.config.sections.scalars import BaseUrl, ConfigSection, Delay, Interval, LocationName
from amt_console.config.sections.services import DatabaseSettings, ServiceSettings
from amt_console.config.sections.silences import MaintenanceSettings, SilenceSettings
from amt_console.config.sections.slos import SloSettings
from amt_console.config.sections.thresholds import AlertThresholds

BASE_URLS = ("api_base_url", "web_app_url", "mobile_app_url")


class Settings(ConfigSection):
    """Configuration of amt-console."""

    api_base_url: BaseUrl = "http://localhost:5000"
    """Base URL of the backend API. From it follow the services `backend-api` (`/api/health`) and `api-chat-analytics`,
    `api-plans`, `api-dashboard-overview`, `api-analytics-revenue`, which are also read for their figures. Empty for
    none. If a file names any of the three base URLs or any service, those base URLs that it does not name are empty."""
    web_app_url: BaseUrl = "http://localhost:5173"
    """URL of the web app: the service `web-app`. Empty for none."""
    mobile_app_url: BaseUrl = "http://localhost:19006"
    """URL of the mobile app: the service `mobile-app`. Empty for none."""
    check_interval: Interval = 60.0
    """Time between probes of services of normal criticality, from 1s to 1d."""
    database_url: StoreUrlSecret | None = None
    """Our own database (secret): `sqlite:////path/monitoring.db` or `postgresql+psycopg://...`. By default
    `monitoring.db` in the user's state folder. `--db` and `$AMT_DATABASE_URL` take precedence."""
    location: LocationName | None = None
    """Location of this monitor, such as `fra`, where the database is on a server: each location probes everything
    itself. `--location` and `$AMT_LOCATION` take precedence."""
    alert_thresholds: AlertThresholds = AlertThresholds()
    """Limits of the built-in alert rules."""
    email_alerts: EmailAlerts = EmailAlerts()
    """The original's mail notification."""
    services: tuple[ServiceSettings, ...] = ()
    """Services to probe, beside or instead of the three base URLs."""
    databases: tuple[DatabaseSettings, ...] = ()
    """Databases to probe."""
    heartbeats: Annotated[tuple[HeartbeatSettings, ...], Field(max_length=500)] = ()
    """Jobs that must report."""
    plugins: Annotated[tuple[PluginSettings, ...], Field(max_length=1000)] = ()
    """Monitoring plugins to run."""
    prometheus: Annotated[tuple[PrometheusSettings, ...], Field(max_length=1000)] = ()
    """Queries of Prometheus servers."""
    rules: Annotated[tuple[RuleSettings, ...], Field(max_length=500)] = ()
    """Alert rules beside the built-in ones."""
    slos: Annotated[tuple[SloSettings, ...], Field(max_length=200)] = ()
    """Service level objectives: an alert when an error budget is used up too fast."""
    channels: Annotated[tuple[AnyChannel, ...], Field(max_length=100)] = ()
    """Where notifications go; `type` is `email`, `slack`, `teams`, `pagerduty`, `webhook`, `alertmanager`,
    `ntfy`, `exec` or `apprise`."""
    notify: NotifySettings = NotifySettings()
    """When messages are sent, how many, and how often they are tried again."""
    escalation: Annotated[tuple[EscalationSettings, ...], Field(max_length=100)] = ()
    """Who is notified of which alerts, level by level."""
    quiet_hours: QuietHours = QuietHours()
    """When warnings wait."""
    silences: Annotated[tuple[SilenceSettings, ...], Field(max_length=500)] = ()
    """Alerts without notification, until an end."""
    maintenance: Annotated[tuple[MaintenanceSettings, ...], Field(max_length=500)] = ()
    """Planned work."""
    oncall: OncallSettings = OncallSettings()
    """People, and the rotas in which they take turns."""
    reports: Annotated[tuple[ReportSettings, ...], Field(max_length=50)] = ()
    """Reports that the monitor makes by itself."""
    retention: RetentionSettings = RetentionSettings()
    """How long data is kept."""
    encryption: EncryptionSettings = EncryptionSettings()
    """What is stored encrypted, and with which key."""
    api: ApiSettings = ApiSettings()
    """The REST API over TCP."""
    figures: FigureSettings = FigureSettings()
    """Paths and units of the platform's figures."""
    console: ConsoleSettings = ConsoleSettings()
    """The live screen."""
    canaries: CanarySettings = CanarySettings()
    """Pages elsewhere that tell an outage of our own network from one of the platform."""
    watchdog: WatchdogSettings = WatchdogSettings()
    """A dead man's switch."""
    log: LogSettings = LogSettings()
    """The program's own log."""
    recheck: Annotated[tuple[Delay, ...], Field(max_length=5)] = (1.0, 2.0)
    """Delays of the quick re-checks after a first failure; empty for none."""

    @property
    def has_channels(self) -> bool:
        """Whether anybody outside the console is notified."""
        return self.email_alerts.enabled or any(channel.enabled for channel in self.channels)

    @model_validator(mode="before")
    @classmethod
    def _only_named_bases(cls, document: Any) -> Any:
        if not isinstance(document, dict) or not any(document.get(key) for key in (*BASE_URLS, "services")):
            return document
        return {**dict.fromkeys(BASE_URLS), **document}
