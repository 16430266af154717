"""The dispatcher of this process."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.store_url import store_url_is_server

if TYPE_CHECKING:
    from amt_console.alerts import DeliveryReading
    from amt_console.config import Settings
    from amt_console.links import AcknowledgeLinks
    from amt_console.notify.channels.channel import Channel
    from amt_console.notify.thread import DispatcherThread
    from amt_console.store import Store

LOG = logging.getLogger("amt_console.notify")


def dispatcher_of(
    settings: Settings,
    store: Store,
    store_url: str,
    clock: Clock,
    *,
    on_reading: Callable[[DeliveryReading], None] = lambda _: None,
    cancels: bool = True,
    links: AcknowledgeLinks | None = None,
) -> DispatcherThread:
    """A dispatcher for the channels of a configuration, not started.

    Args:
        settings: The configuration.
        store: Open and writable; stays open.
        store_url: Its URL.
        clock: The time.
        on_reading: Called when a channel ceases to deliver, and when it delivers again.
        cancels: Whether this process cancels messages on channels that are configured no more.
        links: Makes the links in pages.
    """
    from amt_console.notify.thread import DispatcherThread

    instance = instance_of(store_url)

    def channels(settings: Settings) -> Mapping[str, Channel]:
        # Loads the HTTP client, so it is left to the dispatcher's thread.
        from amt_console.notify.channels.factory import channels_of

        return channels_of(settings, clock=clock, instance=instance)

    return DispatcherThread(
        settings=settings,
        store=store,
        clock=clock,
        channels=channels,
        on_reading=on_reading,
        cancels=cancels,
        links=links,
    )


def send_what_is_ready(settings: Settings, store: Store, store_url: str, clock: Clock, seconds: float) -> None:
    """Send once what waits in the outbox and is due, within so many seconds, for a process that ends then."""
    if not settings.has_channels:
        return
    dispatcher = dispatcher_of(settings, store, store_url, clock, links=acknowledge_links(store, clock))
    dispatcher.start()
    dispatcher.stop(seconds)


def acknowledge_links(store: Store, clock: Clock) -> AcknowledgeLinks:
    """Makes and reads the links in pages, with the key of the database."""
    from amt_console.links import AcknowledgeLinks

    return AcknowledgeLinks(partial(_link_key, store), clock)


def _link_key(store: Store) -> bytes:
    from amt_console.store import StoreError, link_key

    try:
        return link_key(store)
    except StoreError as error:
        # A full disk must not keep a page from being sent; these links end with this process.
        LOG.warning("Links in messages are good until this process ends: their key cannot be stored (%s).", error)
        return secrets.token_bytes(32)


def instance_of(store_url: str) -> str:
    """Which monitor sends: the same for every process that shares a database."""
    if not store_url_is_server(store_url):
        return socket.gethostname()
    from sqlalchemy import make_url

    url = make_url(store_url)
    return f"{url.host or socket.gethostname()}/{url.database}"
