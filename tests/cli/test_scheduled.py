"""``export scheduled``, and what ``config check`` says about ``[[reports]]``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Command

from amt_console.clock import SystemClock
from amt_console.store import Store, deliveries

CONFIG = """
api_base_url = "http://127.0.0.1:9"
[[channels]]
name = "hook"
type = "webhook"
url = "http://127.0.0.1:9/"
[[reports]]
name = "boss"
every = "weekly"
time_zone = "Europe/Berlin"
format = "md"
channel = "hook"
[[reports]]
name = "archive"
every = "daily"
reports = ["overview"]
folder = "kept"
"""


@pytest.fixture
def config(home: Path) -> Path:
    path = home / "c.toml"
    path.write_text(CONFIG, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_the_list_has_the_next_time_and_needs_no_database(command: Command, config: Path) -> None:
    shown = command("export", "scheduled", "--config", str(config), "--json")
    assert shown.code == 0
    boss, archive = json.loads(shown.out)
    assert (boss["name"], boss["channel"], boss["last"], boss["error"]) == ("boss", "hook", None, None)
    assert "T07:00:00+0" in boss["next_at"]
    assert archive["folder"].endswith("kept/archive")
    assert command("export", "scheduled", "boss", "--config", str(config)).out.count("\n") == 2


def test_an_unknown_name_and_now_without_one_are_refused(command: Command, config: Path) -> None:
    shown = command("export", "scheduled", "nobody", "--config", str(config))
    assert (shown.code, "there are boss, archive" in shown.err) == (64, True)
    shown = command("export", "scheduled", "--now", "--config", str(config))
    assert (shown.code, "name one of boss, archive" in shown.err) == (64, True)


@pytest.mark.slow
def test_one_is_made_now_and_queued_each_time_it_is_asked_for(
    command: Command, config: Path, database: Path, home: Path
) -> None:
    database.parent.mkdir(parents=True)
    Store.open(f"sqlite:///{database}", clock=SystemClock()).close()
    first = command("export", "scheduled", "boss", "--now", "--config", str(config), "--json")
    again = command("export", "scheduled", "boss", "--now", "--config", str(config), "--json")
    assert (first.code, again.code) == (0, 0)
    (path,) = json.loads(first.out)
    assert Path(path).name == "executive_summary.md"
    assert json.loads(again.out) == [path]
    assert "never overwritten" in again.err
    with Store.open(f"sqlite:///{database}", clock=SystemClock(), read_only=True) as store, store.read() as reads:
        assert [(each.kind, each.state) for each in deliveries(reads)] == [("report", "queued")] * 2


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('channel = "hook"', 'channel = "hok"', "reports[0].channel"),
        (
            'type = "webhook"\nurl = "http://127.0.0.1:9/"',
            f'type = "pagerduty"\nrouting_key = "{"a" * 32}"',
            "takes alerts only",
        ),
        ('every = "weekly"', 'every = "hourly"', "reports[0].every"),
        ('time_zone = "Europe/Berlin"', 'time_zone = "Berlin"', "reports[0].time_zone"),
        ('format = "md"', 'format = "png"', "reports[0].format"),
        ('folder = "kept"', 'folder = "c.toml"', "reports[1].folder"),
        ('folder = "kept"', "", "needs `folder` or `channel`"),
        ('name = "archive"', 'name = "../archive"', "reports[1].name"),
        ('name = "archive"', 'name = "boss"', "stands twice"),
    ],
)
def test_config_check_finds_faults(command: Command, config: Path, old: str, new: str, place: str) -> None:
    config.write_text(CONFIG.replace(old, new, 1), encoding="utf-8")
    shown = command("config", "check", str(config))
    assert shown.code == 78
    assert place in shown.err
