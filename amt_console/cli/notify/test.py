"""``notify test``: one message straight through a channel."""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.audit_row import leave_row
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_line
from amt_console.cli.startup.context import Context, get_context
from amt_console.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amt_console.model.notifications import Message
    from amt_console.notify.channels.channel import Channel, FailureReason

SECONDS = 60.0
"""For the attempt, whatever the channel allows."""


def test(ctx: typer.Context, channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Its name.")]) -> None:
    """Send a test message through a channel, and say what its receiver answered. It does not go into the outbox."""
    from amt_console.notify.channels.factory import channels_of
    from amt_console.runtime.dispatching import instance_of

    context = get_context(ctx)
    channels = channels_of(context.settings, clock=context.clock, instance=instance_of(context.store_url))
    known_channel(channel, context, channels)
    began = context.clock.monotonic()
    try:
        asyncio.run(_send(channels[channel], _message(channel, context), channels.values()))
    except CommandError as error:
        leave_row(context, "notify test", f"channel {channel}", {"note": "failed", "reason": safe_text(error, 300)})
        raise
    took = context.clock.monotonic() - began
    leave_row(context, "notify test", f"channel {channel}", {"note": "accepted"})
    print_line(f"{channel}: the receiver accepted the message after {took:.2f} s. Look whether it arrived.")


def known_channel(name: str, context: Context, channels: Iterable[str]) -> None:
    """Raises CommandError for a channel that is not configured or switched off."""
    enabled = sorted(channels)
    if name in enabled:
        return
    if any(section.name == name for section in context.settings.channels):
        raise CommandError(f"channel {safe_text(name, 60)} is switched off: set its `enabled` to true", ExitCode.USAGE)
    close = get_close_matches(name, enabled, 1)
    known = f"the channels are {', '.join(enabled)}" if enabled else "no channel is configured"
    hint = f"did you mean {close[0]}?" if close else known
    raise CommandError(f"there is no channel '{safe_text(name, 60)}': {hint}", ExitCode.USAGE)


def _message(channel: str, context: Context) -> Message:
    from amt_console.clock import micros
    from amt_console.model.notifications import Message, NoticeKind

    now = context.clock.now()
    # A number of its own: receivers drop what they have seen.
    return Message(id=micros(now), kind=NoticeKind.TEST, channel=channel, receiver=channel, created_at=now)


async def _send(channel: Channel, message: Message, all_channels: Iterable[Channel]) -> None:
    """Raises CommandError."""
    from amt_console.notify.channels.channel import DeliveryError

    try:
        async with asyncio.timeout(SECONDS):
            await channel.send(message)
    except DeliveryError as error:
        again = " The monitor would try again." if error.retry else " The monitor would not try again."
        words = f"{channel.name}: {error}"
        raise CommandError(f"{words}{'' if words.endswith('.') else '.'}{again}", _exit_code(error.reason)) from None
    except TimeoutError:
        raise CommandError(f"{channel.name}: no answer within {SECONDS:g} s", ExitCode.UNAVAILABLE) from None
    finally:
        for each in all_channels:
            await each.aclose()


def _exit_code(reason: FailureReason) -> ExitCode:
    from amt_console.notify.channels.channel import FailureReason

    if reason is FailureReason.AUTH:
        return ExitCode.NOT_PERMITTED
    if reason in (FailureReason.CONFIGURATION, FailureReason.BLOCKED_ADDRESS, FailureReason.UNSUPPORTED):
        return ExitCode.BAD_CONFIG
    return ExitCode.UNAVAILABLE
