"""Making a scheduled report: whole or not at all, never over another one, in a process that may die."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.incidents import NOW, TARGETS, after, plant
from support.renderers import forked_renderers

from amt_console.analysis import window_of
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.operations.protocol import UnavailableError
from amt_console.reports.files import PlanError
from amt_console.reports.jobs.job import ReportSource
from amt_console.reports.scheduled.child import window_of_period
from amt_console.reports.scheduled.making import ReportError, ReportMaker, ReportPlaceError
from amt_console.reports.scheduled.message import report_message
from amt_console.reports.scheduled.orders import ReportOrder, order_of, report_faults, report_warnings
from amt_console.reports.scheduled.schedule import MONTHLY, WEEKLY, Period, ReportSchedule
from amt_console.store import Store

__all__ = ["forked_renderers"]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_renderers")]
PERIOD = Period(after(-60), after(30), after(60))
FINE = """
import json, pathlib, pickle, sys
job = pickle.load(sys.stdin.buffer)
(pathlib.Path(job.folder) / "executive_summary.md").write_text("# good")
(pathlib.Path(job.folder) / "summary.txt").write_text(job.name + " " + job.period_words + ": OK")
print(json.dumps({"files": ["executive_summary.md"]}))
"""
SOURCE = ReportSource("sqlite:////nowhere.db", Settings(), ())


def maker(script: str, most_seconds: float = 30.0) -> ReportMaker:
    """With a small program in place of the real one."""
    return ReportMaker([sys.executable, "-c", script], most_seconds)


def order(folder: Path, **changes: object) -> ReportOrder:
    report = {"name": "boss", "every": "90m", "folder": str(folder), "format": "md", "time_zone": "UTC"}
    settings = Settings.model_validate({"reports": [report | changes]})
    return order_of(settings.reports[0], settings)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_folder_of_the_period_appears_whole(tmp_path: Path) -> None:
    made = maker(FINE).make(order(tmp_path), PERIOD, SOURCE, NOW)
    assert made.fresh
    assert made.folder == tmp_path / "boss" / "20260105T110000+0000_20260105T123000+0000"
    assert [path.name for path in made.files] == ["executive_summary.md"]
    assert made.summary.startswith("boss 20260105T110000")
    assert (made.folder.stat().st_mode & 0o777) == 0o750
    assert left(tmp_path) == ["executive_summary.md", "summary.txt"]


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    first = maker(FINE).make(order(tmp_path), PERIOD, SOURCE, NOW)
    first.files[0].write_text("mine", encoding="utf-8")
    again = maker("raise SystemExit(1)").make(order(tmp_path), PERIOD, SOURCE, NOW)
    assert not again.fresh
    assert again.files[0].read_text(encoding="utf-8") == "mine"


def test_of_two_that_make_it_at_once_one_wins(tmp_path: Path) -> None:
    place = order(tmp_path).place(PERIOD)
    race = f"import pathlib; p = pathlib.Path({str(place)!r}); p.mkdir(); (p / 'a.md').write_text('first')\n"
    made = maker(race + FINE).make(order(tmp_path), PERIOD, SOURCE, NOW)
    assert not made.fresh
    assert made.files[0].read_text(encoding="utf-8") == "first"
    assert left(tmp_path) == ["a.md"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by the system"),
        ("raise ValueError('a bug')", "ValueError: a bug"),
        ("import json; print(json.dumps({'error': 'no ' + chr(27)})); raise SystemExit(1)", "no "),
        ("import time; time.sleep(60)", "not made within"),
    ],
)
def test_a_process_that_fails_leaves_nothing(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(ReportError, match=words) as caught:
        maker(script, most_seconds=0.5 if "sleep" in script else 30.0).make(order(tmp_path), PERIOD, SOURCE, NOW)
    assert not caught.value.place_is_the_reason
    assert "\x1b" not in str(caught.value)
    assert left(tmp_path) == []
    assert list((tmp_path / "boss").iterdir()) == []


def test_a_full_disk_is_the_folders_fault(tmp_path: Path) -> None:
    full = 'print(\'{"error": "could not write x: No space left on device", "io": true}\'); raise SystemExit(1)'
    with pytest.raises(ReportPlaceError, match="No space left"):
        maker(full).make(order(tmp_path), PERIOD, SOURCE, NOW)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "boss").write_text("", encoding="utf-8")
    with pytest.raises(ReportPlaceError, match="cannot write to"):
        maker(FINE).make(order(tmp_path), PERIOD, SOURCE, NOW)


def test_a_monitor_that_ends_makes_nothing_more(tmp_path: Path) -> None:
    ending = maker(FINE)
    ending.close()
    with pytest.raises(UnavailableError):
        ending.make(order(tmp_path), PERIOD, SOURCE, NOW)


def test_what_a_killed_process_left_is_removed_after_an_hour(tmp_path: Path) -> None:
    scratch = tmp_path / "boss" / ".amt-report-old"
    scratch.mkdir(parents=True)
    (scratch / "half").write_text("", encoding="utf-8")
    long_after = datetime.fromtimestamp(scratch.stat().st_mtime, UTC) + timedelta(hours=2)
    maker(FINE).make(order(tmp_path), PERIOD, SOURCE, long_after)
    assert not scratch.exists()


def test_a_report_without_the_format_says_so(tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        maker(FINE).make(order(tmp_path, reports=["monitoring"]), PERIOD, SOURCE, NOW)


@pytest.mark.slow
def test_the_real_process_makes_the_report_of_the_past_window(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitoring.db'}"
    with Store.open(url, clock=FakeClock(NOW)) as store:
        plant(store, hours_before=2)
    source = ReportSource(url, Settings(), TARGETS)
    made = ReportMaker().make(order(tmp_path, format="json"), PERIOD, source, NOW)
    document = json.loads(made.files[0].read_text(encoding="utf-8"))
    assert document["window"]["start"].startswith("2026-01-05T11:00:00")
    assert document["as_of"].startswith("2026-01-05T12:30:00")
    assert made.summary.splitlines()[0].startswith("boss 20260105T110000+0000_20260105T123000+0000: ")
    assert "Availability: " in made.summary


KEPT = Settings().retention.rollups


def test_the_window_begins_exactly_with_the_period_in_as_many_steps_as_any_export() -> None:
    for zone in ("Europe/Berlin", "Asia/Kathmandu", "America/New_York"):
        for every, at in ((WEEKLY, time(7)), (MONTHLY, time(7)), (7 * 86400.0, time(7, 13)), (5400.0, time(7, 1))):
            period = ReportSchedule(every, at, ZoneInfo(zone)).next(NOW)
            window = window_of_period(period, KEPT, period.due_at)
            assert (window.start, window.end) == (period.start, period.end)
            assert window.step == window_of(period.end, period.hours).step


def test_a_window_whose_minutes_are_deleted_begins_with_a_bucket_that_is_kept() -> None:
    period = ReportSchedule(30 * 86400.0, time(7, 13), ZoneInfo("UTC")).next(NOW)
    assert window_of_period(period, KEPT, period.due_at).start == period.start
    late = window_of_period(period, KEPT, period.due_at + timedelta(days=1))
    assert period.start - late.start == timedelta(minutes=3)
    later = window_of_period(period, KEPT, period.due_at + timedelta(days=90))
    assert period.start - later.start == timedelta(minutes=13)
    assert later.step == late.step == 10800


def test_the_message_names_the_files_and_the_dashboards(tmp_path: Path) -> None:
    sent = order(tmp_path, channel="hook")
    made = maker(FINE).make(sent, PERIOD, SOURCE, NOW)
    first = report_message(sent, PERIOD, made, now=NOW, host="mon-1", public_url="https://amt.example/")
    assert first.text is not None
    assert f"Files: executive_summary.md in {made.folder} on mon-1" in first.text
    assert "Dashboards: https://amt.example/dashboards/" in first.text
    assert first.attachments == (str(made.files[0]),)
    by_hand = report_message(sent, PERIOD, made, now=NOW, host="mon-1", public_url=None, by="ada")
    assert first.dedup_key != by_hand.dedup_key


def checked(**report: object) -> tuple[list[str], list[str]]:
    """The faults and the warnings of one report."""
    hook = {"name": "hook", "type": "webhook", "url": "http://localhost:1/", "enabled": False}
    whole = {"name": "boss", "every": "daily", "time_zone": "UTC"} | report
    settings = Settings.model_validate({"channels": [hook], "reports": [whole]})
    return [str(each) for each in report_faults(settings)], [str(each) for each in report_warnings(settings, NOW)]


def test_the_check_finds_what_can_never_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    faults, _ = checked(folder=str(tmp_path / "file" / "below"), reports=["monitoring"], format="html")
    assert ["reports[0].format" in faults[0], "reports[0].folder" in faults[1]] == [True, True]


def test_the_check_warns_of_what_is_doubtful(tmp_path: Path) -> None:
    assert checked(folder=str(tmp_path)) == ([], [])
    _, warnings = checked(channel="hook", at="02:30", time_zone="Europe/Berlin")
    assert "switched off" in warnings[0]
    assert "02:30 does not exist on 2026-03-29 in Europe/Berlin: it is 03:30" in warnings[1]
