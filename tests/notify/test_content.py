"""What messages say: the line on the lock screen, the text, the mail."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.messages import message, notice, recovered, text_message

from amt_console.model import AlertType, Severity
from amt_console.model.notifications import Message, Notice, NoticeKind
from amt_console.notify.templates.content import SUBJECT_CHARS, content_of, single
from amt_console.notify.templates.html import html_mail
from amt_console.notify.templates.plain import plain_text
from amt_console.text import safe_text

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SLOW = notice(
    alert_type=AlertType.RESPONSE_TIME,
    severity=Severity.WARNING,
    message="backend-api answers in 6.2 s, limit 5 s",
    value=6200.0,
    threshold=5000.0,
    answer_line=None,
)
LONG = "a-very-long-service-name-in-the-eu-central-1-region"


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (message(), "CRITICAL backend-api down: HTTP 503 for 3 min"),
        (message(notice(opened_at=message().created_at)), "CRITICAL backend-api down: HTTP 503"),
        (
            message(notice(message="backend-api is down: got 503 Service Unavailable, expected 2xx (3 of 3)")),
            "CRITICAL backend-api down: 503 Service Unavailable for 3 min",
        ),
        (message(SLOW), "WARNING backend-api answers in 6.2 s, limit 5 s for 3 min"),
        (message(kind=NoticeKind.REMINDER), "STILL CRITICAL backend-api down: HTTP 503 for 3 min"),
        (message(kind=NoticeKind.SEVERITY), "NOW CRITICAL backend-api down: HTTP 503 for 3 min"),
        (message(delayed_seconds=2520.0), "CRITICAL backend-api down: HTTP 503, 42 min late"),
        (message(drill=True), "DRILL CRITICAL backend-api down: HTTP 503 for 3 min"),
        (
            message(notice(times_today=5), kind=NoticeKind.FLAPPING),
            "CRITICAL backend-api is flapping, 5th time today",
        ),
        (message(notice(owner="ada"), kind=NoticeKind.ACKNOWLEDGED), "ACKNOWLEDGED backend-api by ada"),
        (message(recovered(duration_seconds=7500.0)), "RESOLVED backend-api is up again after 2 h 5 min"),
        (message(recovered(resolution="manual")), "CLOSED backend-api was closed by hand after 3 min"),
        (
            message(recovered(alert_type=AlertType.CPU_USAGE, subject="host")),
            "RESOLVED host: cpu usage is normal again after 3 min",
        ),
        (
            message(notice(), notice(subject="web-app"), notice(subject="search", severity=Severity.WARNING)),
            "2 CRITICAL, 1 WARNING: backend-api, web-app, search",
        ),
        (message(notice(), recovered(subject="web-app")), "1 CRITICAL, 1 RESOLVED: backend-api, web-app"),
        (message(SLOW, SLOW, kind=NoticeKind.DIGEST), "DIGEST 2 WARNING: backend-api"),
        (text_message(), "TEST of channel ops"),
        (text_message(NoticeKind.HANDOVER, "Ada hands over to Grace\n\n2 alerts"), "Ada hands over to Grace"),
        (message(notice(subject=LONG, message=f"{LONG} is down: connection refused")),
         "CRITICAL a-very-long-service-name-in… down: connection refu…"),
    ],
)  # fmt: skip
def test_the_line_on_the_lock_screen(told: Message, subject: str) -> None:
    assert content_of(told).subject == subject
    assert len(subject) <= SUBJECT_CHARS


def test_the_text_says_what_since_when_against_what_and_what_to_do() -> None:
    text = plain_text(content_of(message(SLOW, reason="it lasts for 15 min"), ZoneInfo("Europe/Berlin")))
    assert text.splitlines()[0] == "backend-api answers in 6.2 s, limit 5 s"
    assert re.search(r"Since: +2026-01-05 11:57:00 UTC \(12:57 CET\)", text)
    assert re.search(r"Value: +6\.20 s, limit 5\.00 s", text)
    assert re.search(r"Owner: +nobody yet", text)
    assert re.search(r"Why you get this: +it lasts for 15 min", text)
    assert "Runbook:     https://wiki.example/backend" in text
    assert "Acknowledge: amt-console alerts ack 118" in text


def test_the_failing_answer_stands_in_the_page_and_not_in_the_recovery() -> None:
    assert "no database" in plain_text(content_of(message()))
    ended = plain_text(content_of(message(recovered(), acknowledge_url="https://amt.example/ack/1")))
    assert "no database" not in ended
    assert "ack 118" not in ended
    assert "https://amt.example" not in ended
    assert re.search(r"Was: +backend-api is down: HTTP 503", ended)
    assert re.search(r"Lasted: +3 min", ended)


def test_a_drill_and_a_late_message_say_so_first() -> None:
    lines = plain_text(content_of(message(drill=True, delayed_seconds=2520.0))).splitlines()
    assert lines[:2] == [
        "*** DRILL: this is a rehearsal, nothing is broken ***",
        "*** delayed 42 min: it could not be sent earlier ***",
    ]


def test_a_group_names_the_worst_and_counts_the_rest() -> None:
    names = {number: f"service-{number}" for number in range(15)}
    alerts = [
        notice(alert_id=number, subject=name, message=f"{name} is down: HTTP 503") for number, name in names.items()
    ]
    text = plain_text(content_of(message(*alerts)))
    assert text.splitlines()[0] == "15 alerts: 15 CRITICAL"
    assert "CRITICAL service-11 down: HTTP 503 for 3 min, alert 11\nand 3 more\n" in text
    assert "service-12" not in text


def test_one_of_a_group_reads_as_if_it_had_been_sent_alone() -> None:
    told = message(notice(), recovered(alert_id=119), kind=NoticeKind.FIRED)
    assert [single(told, each).kind for each in told.notices] == [NoticeKind.FIRED, NoticeKind.RESOLVED]


_TEXT = st.text(max_size=200)


@given(subject=_TEXT, words=_TEXT, kind=st.sampled_from(NoticeKind), late=st.floats(0, 1e7), ended=st.booleans())
def test_any_alert_has_one_short_line(subject: str, words: str, kind: NoticeKind, late: float, ended: bool) -> None:
    alert: Notice = (recovered if ended else notice)(subject=subject, message=words, answer_line=words, note=words)
    for told in (message(alert, kind=kind, delayed_seconds=late), message(alert, alert, kind=kind)):
        content = content_of(told)
        assert 0 < len(content.subject) <= SUBJECT_CHARS
        assert safe_text(content.subject) == content.subject


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


EVIL = "<script>alert(1)</script><img src=https://evil.example/x> \"'"


@pytest.mark.parametrize(
    "told",
    [
        message(notice(subject=EVIL, message=EVIL, answer_line=EVIL, note=EVIL, runbook="javascript:alert(1)")),
        message(notice(subject=EVIL, message=EVIL), notice(message=EVIL)),
        text_message(NoticeKind.HANDOVER, EVIL),
    ],
)  # fmt: skip
def test_the_mail_loads_nothing_and_runs_nothing(told: Message) -> None:
    page = Page(html_mail(content_of(told), EVIL))
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "style", "iframe", "form", "object"}
    assert not [attributes for _, attributes in page.tags if {"src", "background", "onclick"} & attributes.keys()]
    assert not [attributes for _, attributes in page.tags if "url(" in (attributes.get("style") or "")]
    assert all((attributes["href"] or "").startswith("https://") for tag, attributes in page.tags if tag == "a")


@pytest.mark.slow
@pytest.mark.chromium
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_mail_fits_a_phone(tmp_path: Path) -> None:
    word = "x" * 300
    alerts = [
        message(notice(subject=word, message=word, answer_line=word, note=word, runbook=f"https://wiki.example/{word}")),
        message(*[notice(alert_id=number, message=word) for number in range(20)]),
        text_message(NoticeKind.DIGEST, f"Digest\n\n{word}\n{word}"),
    ]  # fmt: skip
    frames = "".join(f'<iframe src="{number}.html" width="360" height="900"></iframe>' for number in range(len(alerts)))
    widths = "[...document.querySelectorAll('iframe')].map(f => f.contentDocument.documentElement.scrollWidth).join()"
    script = f"<script>onload = () => document.title = {widths}</script>"
    for number, told in enumerate(alerts):
        (tmp_path / f"{number}.html").write_text(html_mail(content_of(told), "mon-1"), encoding="utf-8")
    (tmp_path / "all.html").write_text(f"<title>-</title>{script}{frames}", encoding="utf-8")
    done = subprocess.run(
        [CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         (tmp_path / "all.html").as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r"<title>([\d,]+)</title>", done.stdout.decode())
    assert found is not None
    assert max(int(width) for width in found[1].split(",")) <= 360
