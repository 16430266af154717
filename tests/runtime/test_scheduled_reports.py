"""Scheduled reports of a running monitor: each period once, whatever happens in between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.messages import text_message
from support.outbox import AT_ONCE, FakeChannel, until
from support.receivers import mail_server
from support.stores import laid_out, new_schema, server_url

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model.notifications import DeliveryState, NoticeKind
from amt_console.notify.channels.email import EmailChannel, MailServer
from amt_console.notify.dispatcher import Dispatcher
from amt_console.notify.settings import AllDelivery
from amt_console.reports.jobs.job import ReportSource
from amt_console.reports.scheduled.job import MadeReport
from amt_console.reports.scheduled.making import ReportError, ReportMaker, ReportPlaceError
from amt_console.reports.scheduled.orders import ReportOrder
from amt_console.reports.scheduled.schedule import Period
from amt_console.runtime import scheduled_reports
from amt_console.runtime.scheduled_reports import GIVE_UP, MOST_MISSED, ScheduledReports
from amt_console.store import ReportRun, Store, StoreFull, deliveries, report_runs, save_report_run

pytestmark = pytest.mark.slow

__all__ = ["new_schema", "server_url"]

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
DAY = 86400.0


class FakeMaker(ReportMaker):
    """Makes a folder with one file; ``trouble`` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[str] = []
        self.tries = 0
        self.trouble: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def make(self, order: ReportOrder, period: Period, source: ReportSource, made_at: datetime) -> MadeReport:
        self.tries += 1
        if self.trouble is not None:
            raise self.trouble
        place = order.place(period)
        fresh = not place.exists()
        if fresh:
            place.mkdir(parents=True)
            (place / "executive_summary.md").write_text("# good", encoding="utf-8")
            self.made.append(place.name)
        self.meanwhile()
        return MadeReport(
            place, (place / "executive_summary.md",), f"{order.name} {place.name}: OK\nAll is well.\n", fresh
        )


class Bench:
    """A store with a clock, and monitors that come and go."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        self.store, self.clock, self.folder = store, clock, folder
        self.maker = FakeMaker()
        self.woken = 0
        self.readings: list[tuple[str, str | None]] = []
        self.reports = self.monitor()

    def settings(self, **changes: Any) -> Settings:
        report = {"name": "boss", "every": "daily", "folder": str(self.folder), "channel": "hook", "time_zone": "UTC"}
        hook = {"name": "hook", "type": "webhook", "url": "http://localhost:1/"}
        return Settings.model_validate({"channels": [hook], "reports": [report | changes]})

    def monitor(self, **changes: Any) -> ScheduledReports:
        """A monitor that starts now."""
        settings = self.settings(**changes)
        source = ReportSource(self.store.url, settings, ())
        self.reports = ScheduledReports(
            settings,
            self.store,
            self.clock,
            lambda: source,
            on_queued=self._wake,
            on_reading=lambda reading: self.readings.append((reading.name, reading.error)),
            maker=self.maker,
        )
        return self.reports

    def _wake(self) -> None:
        self.woken += 1

    def run(self, seconds: float) -> None:
        """Let the monitor look as often as it wants for so long."""
        left = seconds
        while True:
            pause = max(0.01, self.reports.look())
            if pause > left:
                self.clock.advance(left)
                return
            self.clock.advance(pause)
            left -= pause

    @property
    def run_row(self) -> ReportRun:
        with self.store.read() as reads:
            return report_runs(reads)["boss"]

    @property
    def sent(self) -> list[str]:
        with self.store.read() as reads:
            return [each.reason for each in reversed(deliveries(reads)) if each.kind is NoticeKind.REPORT]


@pytest.fixture(autouse=True)
def rare_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days go by in few looks."""
    monkeypatch.setattr(scheduled_reports, "LOOK", 21_600.0)


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    clock = FakeClock(START)
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=clock) as store:
        yield Bench(store, clock, tmp_path / "reports")


def test_a_new_report_is_made_at_its_first_time_and_not_before(bench: Bench) -> None:
    bench.run(3599)
    assert bench.maker.made == []
    bench.run(2)
    assert bench.maker.made == ["2026-01-04"]
    assert bench.sent == ["scheduled report boss, 2026-01-04"]
    assert bench.woken == 1
    assert (bench.run_row.period_start, bench.run_row.period_end) == (
        datetime(2026, 1, 4, tzinfo=UTC),
        datetime(2026, 1, 5, tzinfo=UTC),
    )


def test_restarts_neither_repeat_nor_forget(bench: Bench) -> None:
    bench.run(7200)
    bench.monitor()
    bench.run(3600)
    assert bench.maker.made == ["2026-01-04"]
    bench.clock.advance(3 * DAY)
    bench.monitor()
    bench.run(3600)
    assert bench.maker.made == ["2026-01-04", "2026-01-05", "2026-01-06", "2026-01-07"]
    assert len(bench.sent) == 4


@pytest.mark.slow
def test_of_a_long_pause_only_the_newest_are_made(bench: Bench) -> None:
    bench.run(7200)
    bench.clock.advance(100 * DAY)
    bench.run(3600)
    assert len(bench.maker.made) == 1 + MOST_MISSED
    assert bench.maker.made[-1] == "2026-04-14"
    bench.run(7200)
    assert len(bench.maker.made) == 1 + MOST_MISSED


@pytest.mark.slow
def test_a_crash_after_the_folder_and_before_the_note_sends_once(bench: Bench) -> None:
    def crash() -> None:
        raise StoreFull("no room")

    bench.run(3590)
    bench.maker.meanwhile = crash
    bench.clock.advance(20)
    with pytest.raises(StoreFull):
        bench.reports.look()
    assert bench.sent == []
    bench.maker.meanwhile = lambda: None
    bench.monitor()
    bench.run(60)
    assert bench.maker.made == ["2026-01-04"]
    assert len(bench.sent) == 1


def test_two_monitors_of_one_database_send_once(bench: Bench) -> None:
    """The lease allows one; at a take-over the old one may not have noticed yet."""
    other = bench.reports
    bench.monitor()
    bench.run(3590)
    bench.clock.advance(20)
    bench.maker.meanwhile = lambda: None
    bench.reports.look()
    with bench.store.transaction(durable=True) as writes:
        # As the old one knows it.
        save_report_run(writes, ReportRun("boss", "daily at 07:00:00 UTC", done_until=START))
    other.look()
    assert bench.maker.made == ["2026-01-04"]
    assert len(bench.sent) == 1


@pytest.mark.slow
def test_a_failure_is_told_and_tried_again_with_longer_pauses(bench: Bench) -> None:
    bench.run(3590)
    bench.maker.trouble = ReportError("the renderer was ended")
    bench.run(15)
    assert bench.maker.tries == 1
    failure = ("boss", "2026-01-04: the renderer was ended")
    assert bench.readings == [("boss", None), failure]
    bench.run(50)
    assert bench.maker.tries == 1
    bench.run(10)
    assert bench.maker.tries == 2
    bench.run(100)
    assert bench.maker.tries == 2
    assert bench.readings == [("boss", None), failure, failure]
    bench.maker.trouble = None
    bench.run(30)
    assert bench.maker.made == ["2026-01-04"]
    assert bench.readings[3:] == [("boss", None)]
    assert bench.run_row.failures == 0


def test_a_restart_does_not_shorten_the_pause(bench: Bench) -> None:
    bench.run(3590)
    bench.maker.trouble = ReportError("no")
    bench.run(15)
    for _ in range(5):
        bench.monitor().look()
    assert bench.maker.tries == 1
    # Each monitor tells once what it found.
    assert bench.readings[-2:] == [("boss", "2026-01-04: no")] * 2


@pytest.mark.slow
def test_a_report_that_always_fails_does_not_hold_up_the_next_one(bench: Bench) -> None:
    bench.run(3590)
    bench.maker.trouble = ReportError("a bug")
    bench.run(10 * 3600)
    assert bench.maker.tries == GIVE_UP
    assert "left out after 8 attempts" in str(bench.readings[-1][1])
    bench.maker.trouble = None
    bench.run(DAY)
    assert bench.maker.made == ["2026-01-05"]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_waited_for(bench: Bench) -> None:
    bench.run(3590)
    bench.maker.trouble = ReportPlaceError("cannot write to /srv: No space left on device")
    bench.run(2 * DAY)
    assert bench.maker.tries < 60
    bench.maker.trouble = None
    bench.run(3700)
    assert bench.maker.made == ["2026-01-04", "2026-01-05", "2026-01-06"]


def test_a_failure_that_cannot_be_stored_counts_all_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run(3590)
    bench.maker.trouble = ReportError("no")
    bench.clock.advance(20)

    def full(*_: Any, **__: Any) -> Any:
        raise StoreFull("no room")

    with monkeypatch.context() as patched:
        patched.setattr(bench.store, "transaction", full)
        with pytest.raises(StoreFull):
            bench.reports.look()
        bench.clock.advance(20)
        bench.reports.look()
    assert bench.maker.tries == 1
    assert bench.readings[-1] == ("boss", "2026-01-04: no")


def test_what_was_switched_off_is_not_missed(bench: Bench) -> None:
    bench.run(7200)
    bench.monitor(enabled=False).look()
    bench.clock.advance(5 * DAY)
    bench.monitor()
    bench.run(60)
    assert bench.maker.made == ["2026-01-04"]
    bench.run(DAY)
    assert bench.maker.made == ["2026-01-04", "2026-01-10"]


def test_another_schedule_begins_anew(bench: Bench) -> None:
    bench.run(7200)
    bench.clock.advance(10 * DAY)
    bench.monitor(every="monthly")
    bench.run(60)
    assert bench.maker.made == ["2026-01-04"]
    bench.run(17 * DAY)
    assert bench.maker.made == ["2026-01-04", "2026-01"]


def test_a_clock_that_was_wrong_does_not_end_a_report(bench: Bench) -> None:
    with bench.store.transaction(durable=True) as writes:
        ahead = START + timedelta(days=3000)
        save_report_run(writes, ReportRun("boss", "daily at 07:00:00 UTC", done_until=ahead))
    bench.run(2 * DAY)
    assert bench.maker.made == ["2026-01-04", "2026-01-05"]


@pytest.mark.postgres
def test_a_server_keeps_how_far_a_report_has_come(server_url: str, tmp_path: Path) -> None:
    clock = FakeClock(START)
    with Store.open(server_url, clock=clock) as store:
        bench = Bench(store, clock, tmp_path / "reports")
        bench.run(7200)
        bench.monitor()
        bench.run(DAY)
        assert bench.maker.made == ["2026-01-04", "2026-01-05"]
        assert len(bench.sent) == 2


async def test_the_files_arrive_by_mail(bench: Bench) -> None:
    """From the schedule through the outbox to a mail server."""
    bench.run(3601)
    async with mail_server() as box:
        channel = EmailChannel(
            "hook",
            MailServer(host="localhost", port=box.port),
            sender="alerts@shop.example",
            recipients=("boss@shop.example",),
            instance="mon-1",
            clock=bench.clock,
        )
        dispatcher = Dispatcher({"hook": channel}, settings=AllDelivery(AT_ONCE), store=bench.store, clock=bench.clock)
        task = asyncio.create_task(dispatcher.run())
        try:
            await until(lambda: bool(box.mails))
        finally:
            dispatcher.stop()
            await asyncio.wait_for(task, 10)
    (mail,) = box.mails
    assert mail["Subject"] == "boss 2026-01-04: OK"
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content().strip()) == ("executive_summary.md", "# good")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "All is well." in body.get_content()
    told = " ".join(body.get_content().split())
    assert f"Files: executive_summary.md in {bench.folder}/boss/2026-01-04 on {socket.gethostname()}" in told
    assert "Not attached" not in told


async def test_files_that_are_gone_or_too_large_do_not_hold_up_the_mail(tmp_path: Path) -> None:
    large = tmp_path / "large.html"
    with large.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    paths = (str(tmp_path / "gone.html"), str(large))
    async with mail_server() as box:
        channel = EmailChannel(
            "hook",
            MailServer(host="localhost", port=box.port),
            sender="alerts@shop.example",
            recipients=("boss@shop.example",),
            instance="mon-1",
            clock=FakeClock(),
        )
        await channel.send(text_message(NoticeKind.REPORT, "boss: OK", attachments=paths))
    (mail,) = box.mails
    assert list(mail.iter_attachments()) == []
    body = mail.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert "Not attached: gone.html (not on the host that sent this mail), large.html (too large)." in told


@pytest.mark.slow
async def test_a_dispatcher_hands_on_the_files(bench: Bench) -> None:
    bench.run(3601)
    hook = FakeChannel("hook")
    dispatcher = Dispatcher({"hook": hook}, settings=AllDelivery(AT_ONCE), store=bench.store, clock=bench.clock)
    task = asyncio.create_task(dispatcher.run())
    (message,) = await hook.until(1)
    dispatcher.stop()
    await asyncio.wait_for(task, 10)
    assert [Path(path).name for path in message.attachments] == ["executive_summary.md"]
    with bench.store.read() as reads:
        assert deliveries(reads)[0].state is DeliveryState.DELIVERED
