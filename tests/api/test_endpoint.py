"""Which addresses ``--connect`` accepts."""

from __future__ import annotations

import pytest

from amt_console.api.client.address import MonitorAddressError, parse_address


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("unix:///run/x.sock", "unix:/run/x.sock"),
        ("https://host", "https://host"),
        ("https://host:8787/", "https://host:8787"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_what_connect_takes(text: str, url: str) -> None:
    assert parse_address(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "unix:x",
        "host:8787",
        "ftp://host",
        "http://10.0.0.1",
        "https://a:b@host",
        "https://host/x",
        "https://host?token=x",
        "https://host:99999",
        "https://[",
    ],
)
def test_what_connect_refuses(text: str) -> None:
    with pytest.raises(MonitorAddressError):
        parse_address(text)
