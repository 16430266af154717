"""Secrets of the configuration, planted at every entry, and every exit of the program."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NullPool, create_engine, inspect
from support.platform import serving
from support.programs import Place, until
from support.stores import postgres_url

from amt_console import redaction
from amt_console.clock import SystemClock
from amt_console.config import load_config, targets
from amt_console.config.secrets.kinds import (
    ArgumentSecret,
    DatabaseUrlSecret,
    HeaderSecret,
    LoginUrlSecret,
    UrlSecret,
)
from amt_console.config.secrets.secret import Secret
from amt_console.console.app import ConsoleApp
from amt_console.redaction import MASK, redacted, remember, without_remembered
from amt_console.runtime.logs import JsonFormatter, SafeFormatter
from amt_console.runtime.session import LocalSession
from amt_console.runtime.site import site_of
from amt_console.store import Store

__all__ = ["postgres_url"]
SECRET_TEXT = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8, max_size=40)
AROUND = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60)


@pytest.fixture(autouse=True)
def fresh_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test makes known, no other one knows."""
    monkeypatch.setattr(redaction, "_remembered", {})


@pytest.mark.slow
@pytest.mark.parametrize("formatter", [SafeFormatter("%(levelname)s %(message)s"), JsonFormatter()])
@given(secret=SECRET_TEXT, before=AROUND, after=AROUND)
def test_no_line_of_the_log_holds_a_known_secret(
    formatter: logging.Formatter, secret: str, before: str, after: str
) -> None:
    Secret.parse("${PLANTED}").resolve({"PLANTED": secret})
    try:
        raise ValueError(f"{after}{secret}{before}")
    except ValueError:
        caught = sys.exc_info()
    for error in (None, caught):
        record = logging.LogRecord("amt", logging.ERROR, "f.py", 1, "%s", (f"{before}{secret}{after}",), error)
        line = formatter.format(record)
        assert line.count(secret) <= f"ERROR {MASK} error level logger message time".count(secret)
    redaction._remembered.clear()


@pytest.mark.parametrize(
    ("secret", "leaks"),
    [
        (Secret.parse("Bearer abcdef-123456"), ["abcdef-123456"]),
        (HeaderSecret.parse("Bearer abcdef-123456"), ["abcdef-123456"]),
        (UrlSecret.parse("https://chat.example/hooks/T0/B0/xyz12345?k=v"), ["hooks/T0/B0/xyz12345"]),
        (LoginUrlSecret.parse("http://ada:correct%2Fhorse@p.example/"), ["correct%2Fhorse", "correct/horse"]),
        (LoginUrlSecret.parse("http://p.example/?token=tok45678901"), ["tok45678901"]),
        (DatabaseUrlSecret.parse("postgresql+psycopg://app:s3cr3tpassword@db/shop"), ["s3cr3tpassword"]),
    ],
)  # fmt: skip
def test_parts_of_a_secret_are_known(secret: Secret, leaks: list[str]) -> None:
    secret.resolve({})
    for leak in leaks:
        assert leak not in without_remembered(f"it said {leak}!")


def test_what_is_no_secret_stays_readable() -> None:
    HeaderSecret.parse("application/json").resolve({})
    ArgumentSecret.parse("--verbosely").resolve({})
    LoginUrlSecret.parse("http://prom.example:9090/prometheus").resolve({})
    text = "application/json --verbosely http://prom.example:9090/prometheus"
    assert redacted(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/services/T0001/B0001/abcDEF",
        "https://discord.com/api/webhooks/1234/abcDEF",
        "https://acme.webhook.office.com/webhookb2/abcDEF@x/IncomingWebhook/1",
        "https://prod-01.westeurope.logic.azure.com:443/workflows/abcDEF/triggers/manual/paths/invoke?sig=abcDEF",
        "https://other.example/x?v=1&sig=abcDEF1234",
    ],
)
def test_the_paths_of_chat_hooks_are_masked_without_being_known(url: str) -> None:
    assert "abcDEF" not in redacted(f"POST {url} failed")


def test_short_secrets_do_not_maim_words() -> None:
    remember(["data", "in"])
    assert redacted("data in the database") == "data in the database"


PLANTED = {
    "TOKEN": "planted-bearer-4711aa",
    "HOOK": "planted-hook-path-4711bb",
    "SIGNING": "planted-signing-4711cc",
    "DBPW": "planted-db-pw-4711ee",
    "PING": "planted-ping-key-4711ff",
}
SENSITIVE = "the customer Ada Lovelace of 12 Long Street"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stolen(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Place, LocalSession]]:
    """A monitor runs here: a service failed, answered with everything it was sent, and its page was refused.

    A job printed the same, and so does an alert from outside.
    """
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before = os.umask(0o022)
    try:
        with serving() as running:
            place = Place(tmp_path / "home", web=running.url)
            if request.param == "postgresql":
                place.url = request.getfixturevalue("postgres_url")
            place.document["services"][0]["headers"] = {"Authorization": "Bearer ${TOKEN}"}  # type: ignore[index]
            place.write(
                channels=[
                    {"name": "hook", "type": "webhook", "url": f"{running.url}/${{HOOK}}", "secret": "${SIGNING}"},
                ],
                databases=[{"name": "shop", "url": "postgresql+psycopg://app:${DBPW}@127.0.0.1:1/shop", "interval": 1}],
                heartbeats=[{"name": "job", "key": "${PING}", "period": "1d"}],
                notify={"allow_private": ["127.0.0.0/8"]},
            )
            running.status = 500
            told = f"{SENSITIVE}; {' '.join(PLANTED.values())}"
            running.bodies = {"/": told.encode(), f"/{PLANTED['HOOK']}": told.encode()}
            assert place.run("run", "job", "--", sys.executable, "-c", f"exit({told!r})").returncode == 1
            settings = load_config(place.config).settings
            clock = SystemClock()
            watched = targets(settings, store_url=place.url)
            with closing(LocalSession(site_of(settings, place.url, watched, clock))) as session:
                until(lambda: deliveries(place) > 0)
                yield place, session
    finally:
        os.umask(before)


def deliveries(place: Place) -> int:
    with Store.open(place.url, clock=SystemClock(), read_only=True) as store, store.read() as reads:
        return int(reads._connection.exec_driver_sql("SELECT count(*) FROM delivery_attempts").scalar_one())


def rows_of(url: str) -> dict[str, bytes]:
    """Each table of a server's database as text."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        found = {name: str(connection.exec_driver_sql(f'SELECT t::text FROM "{name}" t').all()) for name in names}
    return {f"rows of {name}": text.encode() for name, text in found.items()}


def files_under(folder: Path, *but: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path not in but}


def assert_nothing_planted(everything: Mapping[str, bytes]) -> None:
    assert everything
    for name, content in everything.items():
        for entry, value in PLANTED.items():
            assert value.encode() not in content, (entry, name)


@pytest.mark.slow
def test_a_stolen_database_and_its_backup_show_nothing_planted_and_nothing_sensitive(
    stolen: tuple[Place, LocalSession], tmp_path: Path
) -> None:
    place, session = stolen
    session.close()
    copy = tmp_path / "copy.db"
    target = f"sqlite:///{copy}"
    make = ("backup", str(copy)) if place.url.startswith("sqlite") else ("copy", place.url, target)
    assert place.run("db", *make).returncode == 0
    taken = files_under(tmp_path, place.config)
    if not place.url.startswith("sqlite"):
        taken |= rows_of(place.url)
    assert_nothing_planted(taken)
    databases = {name: content for name, content in taken.items() if ".db" in name or name.startswith("rows")}
    assert str(copy) in databases
    assert len(databases) > 1
    for name, content in databases.items():
        assert b"Ada Lovelace" not in content, name


@pytest.mark.slow
@pytest.mark.parametrize("stolen", ["sqlite"], indirect=True)
def test_every_command_masks_what_was_planted(stolen: tuple[Place, LocalSession], tmp_path: Path) -> None:
    place, session = stolen
    session.close()
    lists = (
        ("status",), ("alerts", "list"), ("notify", "log"), ("audit", "list"), ("doctor",), ("config", "show"),
        ("config", "check"), ("rules", "list"), ("db", "stats"), ("analyze",),
    )  # fmt: skip
    shown = {" ".join(command): json.dumps(place.ask(*command, "--json")) for command in lists}
    number = next(each["id"] for each in json.loads(shown["alerts list"]) if each["alert_type"] == "service_down")
    for details in (("alerts", "show"), ("alerts", "why")):
        shown[" ".join(details)] = json.dumps(place.ask(*details, str(number), "--json"))
    assert "Ada Lovelace" in shown["alerts show"], "its owner reads it"
    assert MASK in shown["config show"]
    out = tmp_path / "written"
    for report in (("all", "--format", "html", "--format", "json", "--format", "csv"), ("metrics",)):
        assert place.run("export", *report, "--hours", "1", "--out", str(out)).returncode == 0, report
    for report in (("incident", str(number)), ("handover",)):
        assert place.run("export", *report, "--out", str(out)).returncode == 0, report
    assert_nothing_planted({name: text.encode() for name, text in shown.items()} | files_under(out))


@pytest.mark.slow
@pytest.mark.parametrize("stolen", ["sqlite"], indirect=True)
async def test_no_picture_of_the_console_shows_what_was_planted(stolen: tuple[Place, LocalSession]) -> None:
    _, session = stolen
    app = ConsoleApp(lambda: session, clock=SystemClock())
    pictures: dict[str, bytes] = {}
    async with app.run_test(size=(200, 60)) as pilot:
        async with asyncio.timeout(60):
            while "unacknowledged" not in app.export_screenshot():
                await pilot.pause(0.05)
            for key in ("1", "2", "4", "5", "6", "7", "m", "escape", "3", "enter"):
                await pilot.press(key)
                await app.workers.wait_for_complete()
                await pilot.pause()
                pictures[key] = app.export_screenshot().encode()
            while "Ada" not in app.export_screenshot():
                await pilot.pause(0.05)
            pictures["its owner"] = app.export_screenshot().encode()
        await pilot.press("Q", "y")
    pictures["Q"] = app._leaving.picture.encode()
    assert b"Ada" in pictures["Q"]
    assert_nothing_planted(pictures)


@pytest.mark.slow
@pytest.mark.parametrize("stolen", ["sqlite"], indirect=True)
def test_every_file_of_a_run_is_private(stolen: tuple[Place, LocalSession], tmp_path: Path) -> None:
    place, _ = stolen
    place.ask("status", "--json")
    loose = {
        str(path.relative_to(tmp_path)): oct(path.stat().st_mode & 0o777)
        for path in [*(tmp_path / "state").rglob("*"), *place.home.rglob("monitoring.db*")]
        if not path.is_symlink() and path.stat().st_mode & 0o077
    }
    assert loose == {}
