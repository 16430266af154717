"""Secrets of the configuration, planted at every entry, and every exit of the program."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.platform import serving
from support.programs import Place, until

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
from amt_console.redaction import MASK, redacted, remember, without_remembered
from amt_console.runtime.logs import JsonFormatter, SafeFormatter
from amt_console.runtime.session import LocalSession
from amt_console.runtime.site import site_of

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


@pytest.fixture
def stolen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A monitor has run here: a service failed, answered with everything it was sent, and its page was refused."""
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before = os.umask(0o022)
    try:
        with serving() as running:
            place = Place(tmp_path / "home", web=running.url)
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
            echoed = f"{SENSITIVE}; {' '.join(PLANTED.values())}".encode()
            running.bodies = {"/": echoed, f"/{PLANTED['HOOK']}": echoed}
            settings = load_config(place.config).settings
            clock = SystemClock()
            watched = targets(settings, store_url=place.url)
            with closing(LocalSession(site_of(settings, place.url, watched, clock))):
                until(lambda: attempts(place) > 0)
            yield place
    finally:
        os.umask(before)


def attempts(place: Place) -> int:
    with closing(sqlite3.connect(place.database)) as connection:
        return int(connection.execute("SELECT count(*) FROM delivery_attempts").fetchone()[0])


@pytest.mark.slow
def test_a_stolen_database_a_copy_and_every_exit_show_nothing_planted(stolen: Place, tmp_path: Path) -> None:
    outputs = [
        json.dumps(stolen.ask(*command, "--json"))
        for command in (("status",), ("alerts", "list"), ("notify", "log"), ("audit", "list"), ("doctor",))
    ]
    (number, *_) = [each["id"] for each in json.loads(outputs[1])]
    outputs.append(json.dumps(stolen.ask("alerts", "show", str(number), "--json")))
    everything = {str(index): output.encode() for index, output in enumerate(outputs)}
    for path in sorted(tmp_path.rglob("*")):
        if path.is_file() and path != stolen.config:
            everything[str(path.relative_to(tmp_path))] = path.read_bytes()
    files = [name for name in everything if "monitoring.db" in name]
    assert files
    for name, content in everything.items():
        for entry, value in PLANTED.items():
            assert value.encode() not in content, (entry, name)
    for name in files:
        assert SENSITIVE.encode() not in everything[name], name
    assert re.search(r"Ada Lovelace", outputs[-1]), "its owner reads it"


@pytest.mark.slow
def test_every_file_of_a_run_is_private(stolen: Place, tmp_path: Path) -> None:
    stolen.ask("status", "--json")
    loose = {
        str(path.relative_to(tmp_path)): oct(path.stat().st_mode & 0o777)
        for path in [*(tmp_path / "state").rglob("*"), *stolen.home.rglob("monitoring.db*")]
        if not path.is_symlink() and path.stat().st_mode & 0o077
    }
    assert loose == {}
