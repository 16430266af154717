"""Converts the retention of the configuration to that of the store."""

from __future__ import annotations

from datetime import timedelta

from amt_console.config.sections.program import RetentionSettings
from amt_console.config.sections.scalars import FOREVER
from amt_console.store.upkeep.retention_rules import RetentionPolicy


def retention_policy(settings: RetentionSettings) -> RetentionPolicy:
    """How long each kind of data is kept."""
    rollups = settings.rollups
    return RetentionPolicy(
        monitoring_logs=_keep(settings.monitoring_logs),
        system_metrics=_keep(settings.system_metrics),
        alerts=_keep(settings.alerts),
        state_changes=_keep(settings.state_changes),
        gaps=_keep(settings.gaps),
        figures=_keep(settings.figures),
        figures_detail=_keep(settings.figures_detail),
        audit=_keep(settings.audit),
        rollups={
            60: _keep(rollups.minute),
            300: _keep(rollups.five_minutes),
            3600: _keep(rollups.hour),
            86_400: _keep(rollups.day),
        },
    )


def _keep(seconds: float) -> timedelta | None:
    return None if seconds >= FOREVER else timedelta(seconds=seconds)
