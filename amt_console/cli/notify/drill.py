"""``notify drill``: does a page at night wake somebody?"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.notify.test import known_channel
from amt_console.cli.printing.output import print_line, talk
from amt_console.cli.startup.context import Context, get_context
from amt_console.text import safe_text

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.model.notifications import Delivery
    from amt_console.store import Store

LOOK_SECONDS = 0.2
ALIVE = timedelta(seconds=30)
"""A monitor that has stored nothing for longer does not send either."""


def drill(
    ctx: typer.Context,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", metavar="NAME", help="Only this one; may be repeated.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before, nor whether it woke you.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=3600, metavar="SECONDS", help="How long to wait for deliveries.")
    ] = 60.0,
) -> None:
    """Page every channel as a critical alert would, timed, and then end it. The answer goes into the audit trail.

    The running monitor sends it from its outbox, as it sends every page.
    """
    from amt_console.config.policies import policies_of

    context = get_context(ctx)
    enabled = policies_of(context.settings, context.targets).channels
    if not enabled:
        raise CommandError("no channel is configured: nobody can be paged", ExitCode.BAD_CONFIG)
    for name in channel or ():
        known_channel(name, context, enabled)
    names = tuple(dict.fromkeys(channel or enabled))
    if not yes and not typer.confirm(f"Page {', '.join(names)} now?", err=True):
        raise CommandError("nothing was sent", ExitCode.USAGE)
    with context.open_store(read_only=False) as store:
        _Drill(context, store, names, timeout).run(ask=not yes and sys.stdin.isatty())


class _Drill:
    def __init__(self, context: Context, store: Store, channels: Sequence[str], timeout: float) -> None:
        from amt_console.operations.actor import current_actor

        self._clock = context.clock
        self._store = store
        self._channels = tuple(channels)
        self._timeout = timeout
        self._actor = current_actor()
        self._key = secrets.token_hex(8)
        self._began = context.clock.now()

    def run(self, *, ask: bool) -> None:
        """Raises CommandError unless every page was delivered."""
        self._require_monitor()
        talk(f"Paging {', '.join(self._channels)} ...")
        results = self._send(self._channels, over=False)
        delivered = [name for name in self._channels if name in results and results[name].delivered_at]
        for name in self._channels:
            print_line(f"{safe_text(name, 60)}: {_words(results.get(name), self._timeout)}")
        woke = typer.confirm("Did this wake you?", default=False, err=True) if ask and delivered else None
        if delivered:
            ended = self._send(delivered, over=True)
            told = [name for name in delivered if name in ended and ended[name].delivered_at]
            print_line(f"the end of the drill was delivered on {', '.join(told) or 'no channel'}")
        self._audit(delivered, woke)
        missing = [name for name in self._channels if name not in delivered]
        if missing:
            raise CommandError(f"the page was not delivered on {', '.join(missing)}", ExitCode.UNAVAILABLE)
        if woke is False:
            raise CommandError("the page was delivered, and woke nobody", ExitCode.WARNING)

    def _require_monitor(self) -> None:
        with self._store.read() as reads:
            life = reads.monitor.sign_of_life()
        if life is None or self._clock.now() - life.last_cycle_at > ALIVE:
            raise CommandError(
                "no monitor runs on this database, and only a monitor sends: start it with 'amt-console monitor'",
                ExitCode.UNAVAILABLE,
            )

    def _send(self, channels: Sequence[str], *, over: bool) -> dict[str, Delivery]:
        """Queue a message on each channel; returns what became of them within the time-out."""
        from amt_console.notify.drill import drill_entry
        from amt_console.store import deliveries

        now = self._clock.now()
        with self._store.transaction(durable=True) as writes:
            writes.queue_once(
                [
                    drill_entry(name, key=self._key, by=self._actor.name, began=self._began, now=now, over=over)
                    for name in channels
                ]
            )
            newest = deliveries(writes, limit=len(channels))
        rows = {each.id for each in newest}
        until = self._clock.monotonic() + self._timeout
        while True:
            with self._store.read() as reads:
                recent = deliveries(reads, limit=500)
            found = {each.channel: each for each in recent if each.id in rows}
            if all(each.state.final for each in found.values()) or self._clock.monotonic() > until:
                return found
            time.sleep(LOOK_SECONDS)

    def _audit(self, delivered: Sequence[str], woke: bool | None) -> None:
        from amt_console.model import AuditEntry

        answer = "not asked" if woke is None else ("yes" if woke else "no")
        note = f"did it wake you: {answer}; delivered on {', '.join(delivered) or 'no channel'}"
        detail = {"note": note, **self._actor.facts()}
        now: datetime = self._clock.now()
        with self._store.transaction(durable=True) as writes:
            subject = f"channels {', '.join(self._channels)}"
            writes.add_audit(AuditEntry(self._actor.name, "notify drill", subject, now, detail))


def _words(delivery: Delivery | None, timeout: float) -> str:
    if delivery is None:
        return "nothing was queued"
    if delivery.delivered_at is not None:
        return f"delivered after {(delivery.delivered_at - delivery.created_at).total_seconds():.2f} s"
    error = next((attempt.error for attempt in reversed(delivery.attempts) if attempt.error), None)
    why = f": {safe_text(error)}" if error else ""
    return f"not delivered within {timeout:g} s{why}" if not delivery.state.final else f"{delivery.state.value}{why}"
