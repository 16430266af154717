"""No message about a database URL holds a part of its password, however the URL is malformed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amt_console.config.faults import Refused
from amt_console.config.secrets.urls import database_url, mask_url
from amt_console.store import StoreError
from amt_console.store.engines.opening import dialect_of
from amt_console.text import public_url

PARTS = ("Hunter", "Zwo", "Geheim")
between = st.sampled_from(["", "/", "@", ":", "?", "#", "[", "]", "%", "%2", "\\", " ", "&", "=", "//", "@/", "]:"])
shapes = st.sampled_from(
    [
        "postgresql+psycopg://ada:{}@db.example/amt",
        "postgresql+psycopg://ada:{}@db.example:5432/amt?sslmode=require",
        "postgresql://ada:{}@db.example/amt",
        "postgresql+psycopg://ada:{}@[::1]:5432/amt",
        "postgresql+psycopg://ada:{}@[::1/amt",
        "postgresql+psycopg://ada:{}@db.example:port/amt",
        "mysql://ada:{}@db.example/amt",
    ]
)


def said_of(url: str) -> list[str]:
    """Everything that the program says of a URL."""
    said = [public_url(url), mask_url(url)]
    try:
        dialect = dialect_of(url)
        said += [dialect.place, str(dialect.translate(OSError("no answer")))]
    except StoreError as error:
        said.append(str(error))
    try:
        database_url(url)
    except Refused as error:
        said += [str(error), error.suggestion or ""]
    return said


@pytest.mark.slow
@settings(max_examples=300)
@given(shapes, st.tuples(between, between, between))
@example("postgresql+psycopg://ada:{}@db.example/amt", ("/", "", ""))
@example("postgresql+psycopg://ada:{}@db.example/amt", ("@", "", ""))
@example("postgresql+psycopg://ada:{}@db.example/amt", ("?", "#", ""))
def test_no_part_of_a_password_is_said(shape: str, separators: tuple[str, str, str]) -> None:
    password = "".join(part + separator for part, separator in zip(PARTS, separators, strict=True))
    for text in said_of(shape.format(password)):
        assert not [part for part in PARTS if part in text], text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ada:pass%2Fword@db.example/amt",
        "postgresql+psycopg://ada@db.example:5432/amt?options=-csearch_path%3Dx",
        "postgresql+psycopg:///amt?host=/run/postgresql&user=ada@corp",
        "sqlite:////var/lib/ada@host/monitoring.db",
    ],
)
def test_well_formed_urls_are_accepted(url: str) -> None:
    database_url(url)
    with suppress(StoreError):
        dialect_of(url)
    assert "unreadable" not in public_url(url)


def test_a_path_of_a_web_page_may_hold_an_at_sign() -> None:
    assert public_url("https://social.example/@ada") == "https://social.example/@ada"


def test_the_message_says_how_to_write_it() -> None:
    with pytest.raises(StoreError, match="%2F"):
        dialect_of("postgresql+psycopg://ada:pass/word@db.example/amt")
    with pytest.raises(Refused, match="told apart"):
        database_url("postgresql+psycopg://ada:pass/word@db.example/amt")
