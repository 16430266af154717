"""The times and limits of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amt_console.config import Settings
from amt_console.model.policy import NotifyTimes
from amt_console.notify.grouping import GroupTimes
from amt_console.notify.limits import Rate
from amt_console.notify.retry import RetryTimes


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How messages are grouped, limited and tried again."""

    groups: GroupTimes = field(default_factory=GroupTimes)
    retry: RetryTimes = field(default_factory=RetryTimes)
    hourly_cap: int = 60
    """Messages of an hour on one channel; 0 for any number."""
    reminder: float = NotifyTimes().reminder
    """Seconds between two reminders."""
    rate: Rate | None = None
    """Of every channel; ``None``: what its kind of receiver takes."""
    by_channel: Mapping[str, GroupTimes] = field(default_factory=dict)
    """Channels with group times of their own."""

    def groups_of(self, channel: str) -> GroupTimes:
        """The group times of a channel."""
        return self.by_channel.get(channel, self.groups)


def delivery_settings(settings: Settings) -> DeliverySettings:
    """The times and limits of a configuration."""
    return DeliverySettings()
