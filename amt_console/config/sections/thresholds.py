"""``alert_thresholds``: the limits of the built-in rules."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import ConfigSection, Milliseconds, Percent

Days = Annotated[float, Field(gt=0, le=3650)]


class AlertThresholds(ConfigSection):
    """Limits of the built-in alert rules. The original's six keys, and the limits of the warnings beside them."""

    response_time_ms: Milliseconds = 5000.0
    """A response slower than this, in milliseconds, is critical."""
    response_time_warning_ms: Milliseconds = 2000.0
    """A response slower than this, in milliseconds, is a warning and the service is shown as slow. Never above
    `response_time_ms`: if only that one is set, and lower, this one follows it."""
    error_rate_percent: Percent = 5.0
    """More failed probes than this, in percent of the last hour's, are critical."""
    error_rate_warning_percent: Percent = 1.0
    """More failed probes than this, in percent, are a warning. Follows `error_rate_percent` down if that is lower."""
    cpu_usage_percent: Percent = 80.0
    """CPU usage of the monitor's host above this is a warning."""
    memory_usage_percent: Percent = 85.0
    """Memory usage of the monitor's host above this is a warning."""
    disk_usage_percent: Percent = 90.0
    """Usage of the fullest real disk above this is critical."""
    uptime_percent: Percent = 99.0
    """Availability of a service over 24 hours below this is critical."""
    tls_expiry_days: Annotated[tuple[Days, ...], Field(min_length=1, max_length=10)] = (21.0, 14.0, 7.0, 3.0)
    """Days before a certificate expires: a warning below each, critical below the last."""

    @model_validator(mode="before")
    @classmethod
    def _warnings_follow(cls, document: Any) -> Any:
        if not isinstance(document, dict):
            return document
        filled = dict(document)
        for warning, critical, default, least in (
            ("response_time_warning_ms", "response_time_ms", 2000.0, 0.001),
            ("error_rate_warning_percent", "error_rate_percent", 1.0, 0.0),
        ):
            limit = document.get(critical)
            if warning not in document and isinstance(limit, int | float) and not isinstance(limit, bool):
                filled[warning] = min(default, max(least, limit))
        return filled

    @model_validator(mode="after")
    def _warning_below_critical(self) -> Self:
        if any(later >= earlier for earlier, later in pairwise(self.tls_expiry_days)):
            raise Refused("`tls_expiry_days` must begin with the most days, and each must be fewer than the one before")
        for warning, critical in (
            ("response_time_warning_ms", "response_time_ms"),
            ("error_rate_warning_percent", "error_rate_percent"),
        ):
            if getattr(self, warning) > getattr(self, critical):
                raise Refused(f"the warning limit `{warning}` must not be above the critical limit `{critical}`")
        return self
