"""Secrets in text that others wrote."""

from __future__ import annotations

import time

import pytest

from amt_console.redaction import MASK, redacted

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("connect to postgresql://app:s3cr3t@db.internal:5432/shop failed", "postgresql://app:****@db.internal:5432/shop"),
        ("amqp://guest:p%40ss@mq/", "amqp://guest:****@mq/"),
        ("Authorization: Bearer abcdef123456", "Authorization: ****"),
        ("got header 'Basic YWxhZGRpbjpvcGVu'", "'Basic ****'"),
        ('{"password": "hunter2", "user": "ada"}', '{"password": ****, "user": "ada"}'),
        ('{"db_password":"with \\"quote\\" inside","x":1}', '{"db_password":****,"x":1}'),
        ("DB_PASSWORD=hunter2\nHOME=/root", "DB_PASSWORD=****\nHOME=/root"),
        ("'api_key' => 'abc123'", "'api_key' => ****"),
        ("?access_token=abc123&page=2", "?access_token=****&page=2"),
        ("X-Api-Key: 0123456789", "X-Api-Key: ****"),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: ****; Path=/"),
        ("token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl expired", "token **** expired"),
        ("key AKIAIOSFODNN7EXAMPLE is wrong", "key **** is wrong"),
        ("ghp_0123456789abcdef0123 and xoxb-123456789012-abc", "**** and ****"),
        (f"before {PEM} after", "before **** after"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow", "****"),
    ],
)  # fmt: skip
def test_what_looks_secret_is_masked(text: str, shown: str) -> None:
    assert shown in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "could not connect to server db-primary.internal port 5432",
        "password authentication failed for user app",
        "the token has expired",
        "http://example.com:8080/path?page=2",
        '{"error": "queue full", "depth": 1000}',
        "basic checks failed",
    ],
)
def test_what_a_person_needs_stays(text: str) -> None:
    assert redacted(text) == text


def test_known_secrets_are_masked_wherever_they_stand() -> None:
    assert redacted("you sent correct-horse, not correct", ["correct-horse", "not"]) == "you sent ****, not correct"
    assert redacted("abcdef", ["abcd", "abcdef"]) == MASK


@pytest.mark.parametrize(
    "hostile",
    ["a" * 4096, "a://" * 1024, "eyJaaaaaa." * 400, "password.-" * 400, '"\\' * 2048, "http://a:" * 450, "token" * 800],
)
def test_hostile_text_takes_no_time(hostile: str) -> None:
    begun = time.process_time()
    redacted(hostile[:4096])
    assert time.process_time() - begun < 0.5
