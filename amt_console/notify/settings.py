"""The times and limits of delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from amt_console.config import Settings
from amt_console.config.sections.channels import ChannelSettings
from amt_console.links import AcknowledgeLinks
from amt_console.model.notifications import Notice
from amt_console.model.policy import NotifyTimes
from amt_console.notify.grouping import GroupTimes
from amt_console.notify.limits import Rate
from amt_console.notify.retry import RetryTimes

LinkMaker = Callable[[Notice, str], str | None]
"""Takes the facts of a page and its receiver."""


def no_link(notice: Notice, receiver: str) -> str | None:
    """Where the API has no public URL."""
    return None


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How the messages of a channel are grouped, limited and tried again."""

    groups: GroupTimes = field(default_factory=GroupTimes)
    retry: RetryTimes = field(default_factory=RetryTimes)
    hourly_cap: int = 60
    """Messages of an hour, critical pages aside; 0 for any number."""
    reminder: float = NotifyTimes().reminder
    """Seconds between two reminders."""
    rate: Rate | None = None
    """``None``: what its kind of receiver takes."""
    link: LinkMaker = no_link
    """Makes the link that acknowledges the alert of a page."""


@dataclass(frozen=True, slots=True)
class AllDelivery:
    """The settings of every channel."""

    usual: DeliverySettings = field(default_factory=DeliverySettings)
    by_channel: Mapping[str, DeliverySettings] = field(default_factory=dict)
    """Channels with settings of their own."""

    def of(self, channel: str) -> DeliverySettings:
        """The settings of a channel."""
        return self.by_channel.get(channel, self.usual)


def delivery_of(settings: Settings, links: AcknowledgeLinks | None = None) -> AllDelivery:
    """The times, limits and links of a configuration."""
    link = _link_maker(settings, links)
    return AllDelivery(
        _delivery(settings, None, link),
        {channel.name: _delivery(settings, channel, link) for channel in settings.channels},
    )


def _link_maker(settings: Settings, links: AcknowledgeLinks | None) -> LinkMaker:
    url = settings.api.public_url
    if links is None or url is None:
        return no_link
    base, people = str(url), {person.name for person in settings.oncall.people}

    def link(notice: Notice, receiver: str) -> str | None:
        return links.url(base, notice, receiver, person=receiver in people)

    return link


def _delivery(settings: Settings, channel: ChannelSettings | None, link: LinkMaker) -> DeliverySettings:
    notify = settings.notify

    def value(name: str) -> float:
        own = None if channel is None else getattr(channel, name)
        found: float = getattr(notify, name) if own is None else own
        return found

    return DeliverySettings(
        groups=GroupTimes(value("group_wait"), value("group_wait_critical"), value("group_interval")),
        retry=RetryTimes(value("retry_first"), value("retry_most")),
        hourly_cap=int(value("hourly_cap")),
        reminder=notify.reminder,
        link=link,
    )
