"""The export key: on each screen it writes what the screen shows."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from support.attacks import PAYLOADS
from support.desk import Desk, desk
from support.pictures import NOW, incident

from amt_console.console.exporting import file_name
from amt_console.operations.protocol import InvalidError
from amt_console.reports.lists import ScreenList, list_bytes, write_list

pytestmark = pytest.mark.slow


async def test_the_overview_exports_all_reports(tmp_path: Path) -> None:
    async with desk(incident(), export_folder=tmp_path / "out") as console:
        await console.press("e")
        assert console.prompt.question == "Export all reports into:"
        await console.press("enter")
        assert console.operations.exports == [(("all",), 24, None)]
        assert any(f"Wrote {tmp_path}/out/overview_dashboard.html" in message for message in console.messages)


async def test_a_filtered_list_is_exported_as_it_stands(tmp_path: Path) -> None:
    async with desk(incident(), export_folder=tmp_path) as console:
        console.screen.set_focus(console.screen.services)
        await console.press("slash", *"web", "enter", "e")
        assert console.prompt.question == "Export 1 service with 'web' into:"
        await console.press("enter")
        (path,) = tmp_path.glob("services-*.csv")
        with path.open(newline="") as file:
            assert [row["name"] for row in csv.DictReader(file)] == ["web-app"]
        assert console.operations.exports == []


async def test_filtered_alerts_are_the_documents_of_alerts_list(tmp_path: Path) -> None:
    async with desk(incident(), export_folder=tmp_path) as console:
        console.screen.set_focus(console.screen.alerts)
        await console.press("slash", *"!disk", "enter")
        shown = [row.id for row in console.screen._filtered()]
        await console.press("e", "ctrl+u", *str(tmp_path / "a.json"), "enter")
        assert [each["id"] for each in json.loads((tmp_path / "a.json").read_bytes())] == shown


async def open_first(console: Desk, pane: str) -> None:
    console.screen.set_focus(getattr(console.screen, pane))
    await console.press("home", "enter")


async def test_a_service_exports_its_performance_over_the_shown_range(tmp_path: Path) -> None:
    async with desk(incident(), export_folder=tmp_path) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("web-app")
        await console.press("enter", "plus", "plus", "e")
        assert console.prompt.question == "Export the last 7 d of web-app into:"
        await console.press("enter")
        assert console.operations.exports == [(("performance",), 168, "web-app")]
        assert (tmp_path / "web-app" / "overview_dashboard.html").exists()


@pytest.mark.parametrize(("key", "name"), [("m", "monitor"), ("w", "why-"), ("M", "silences")])
async def test_other_screens_export_what_they_say(tmp_path: Path, key: str, name: str) -> None:
    async with desk(incident(), export_folder=tmp_path) as console:
        console.screen.set_focus(console.screen.alerts)
        await console.press("home", key, "e", "enter")
        (path,) = tmp_path.glob(f"{name}*")
        assert path.read_text().startswith(("# ", "kind,"))
        assert console.messages[-1] == f"Wrote {path}"


async def test_an_alert_exports_its_incident_and_its_text_where_there_is_no_database(tmp_path: Path) -> None:
    async with desk(incident(), export_folder=tmp_path) as console:
        console.screen.set_focus(console.screen.alerts)
        await console.press("home", "enter", "e")
        (number,) = {call[1] for call in console.operations.calls if call[0] == "alert"}
        assert console.prompt.question == f"Export the incident of alert {number} into:"
        await console.press("enter")
        assert ("incident", number, tmp_path) in console.operations.calls
    async with desk(incident(), has_reports=False, export_folder=tmp_path) as console:
        console.screen.set_focus(console.screen.alerts)
        await console.press("home", "enter", "e", "enter")
        (path,) = tmp_path.glob("alert-*.md")
        assert path.read_text().startswith(f"# Alert {number}")


async def test_the_past_and_a_frozen_view_are_exported_as_of_then(tmp_path: Path) -> None:
    moment = NOW - timedelta(hours=5)
    async with desk(incident(), at=moment, export_folder=tmp_path) as console:
        await console.press("e")
        assert console.prompt.question == "Export all reports up to 05 Jan 07:00 into:"
        await console.press("enter")
        assert ("export", tmp_path, moment) in console.operations.calls
    async with desk(incident(), export_folder=tmp_path) as console:
        frozen = console.clock.now()
        await console.press("p")
        console.clock.advance(600)
        await console.press("e", "enter")
        assert ("export", tmp_path, frozen) in console.operations.calls


async def test_a_long_export_says_how_far_it_is_and_escape_cancels_it(tmp_path: Path) -> None:
    async with desk(incident(), export_folder=tmp_path / "out") as console:
        reached, seen = threading.Event(), threading.Event()

        def wait() -> None:
            reached.set()
            assert seen.wait(60)

        console.operations.during_export = wait
        await console.press("e")
        await console.pilot.press("enter")
        await asyncio.to_thread(reached.wait, 60)
        await console.pilot.pause()
        assert "exporting 1 of 1: overview_dashboard.html; esc cancels" in console.text()
        await console.pilot.press("e")
        assert "still running" in console.messages[-1]
        await console.pilot.press("escape")
        seen.set()
        await console.settle()
        assert console.messages[-1] == "The export was cancelled: nothing was written."
        assert "exporting" not in console.text()
        assert not (tmp_path / "out").exists()


async def test_a_remote_console_says_where_files_go_and_where_reports_are_made(tmp_path: Path) -> None:
    async with desk(incident(), has_reports=False, read_only=True, export_folder=tmp_path) as console:
        await console.press("e")
        assert not console.prompt.is_open
        assert any("Reports are made beside the database" in message for message in console.messages)
        await console.press_after_reading("slash", *"a", "enter", "e")
        assert console.prompt.question.endswith("into on this host:")
        await console.press("enter")
        assert console.messages[-1].endswith(" on this host")


async def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    async with desk(incident(), export_folder=tmp_path / "file") as console:
        await console.press("M", "e", "enter")
        assert console.messages[-1].startswith(f"cannot write {tmp_path}/file/silences-")
        await console.press("e", "ctrl+u", *str(tmp_path / "a.xlsx"), "enter")
        assert "end it with .csv, .json or .md" in console.messages[-1]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_list_is_safe_to_open_and_typed(tmp_path: Path) -> None:
    rows = [{"name": "=cmd()", "ms": -1.5, "open": True, "tags": ["a", "b"], "note": None, "more": "x|y\nz"}]
    found = ScreenList("<b> list", rows, ("name", "ms", "open", "tags", "note", "more"))
    assert list_bytes(found, ".csv") == b'name,ms,open,tags,note,more\r\n\'=cmd(),-1.5,true,a b,,"x|y\nz"\r\n'
    assert json.loads(list_bytes(found, ".json")) == rows
    assert "\\<b\\> list" in list_bytes(found, ".md").decode()
    assert "x\\|y z" in list_bytes(found, ".md").decode()
    with pytest.raises(InvalidError):
        list_bytes(ScreenList("t", {}, sections=(("A", ("b",)),)), ".csv")
    path = write_list(found, tmp_path / "new" / "x.json")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [("web-app", "web-app"), ("../../etc", "etc"), ("a/b c", "a_b_c"), ("\x1b[2J", "2J"), ("…", "unnamed")],
)
def test_names_of_files_are_harmless(name: str, safe: str) -> None:
    assert file_name(name) == safe


@pytest.mark.parametrize("hostile", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_names_become_names_of_files(hostile: str) -> None:
    name = file_name(hostile)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}", name)
