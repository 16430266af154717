"""Which coding of the body a caller accepts."""

from __future__ import annotations

import pytest

from amt_console.api.content_coding import prefers_gzip


@pytest.mark.parametrize(
    "header",
    [
        "gzip",
        "GZIP",
        "x-gzip",
        "gzip, deflate, br",
        "br;q=1.0, gzip;q=0.8, *;q=0.1",
        "gzip;q=0.001",
        "gzip ; q=0.5",
        "*",
        "*;q=0.5",
        "identity;q=0, *",
        "identity;q=0, gzip;q=0.1",
        "gzip, identity",
        "gzip, *;q=0",
        "identity;q=0.5, gzip",
    ],
)
def test_gzip_is_sent_to_who_accepts_it(header: str) -> None:
    assert prefers_gzip(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        " , ,",
        "identity",
        "deflate, br",
        "gzip;q=0",
        "gzip;q=0.000",
        "gzip;Q=0",
        "*;q=0",
        "*, gzip;q=0",
        "gzip;q=0.5, identity",
        "identity;q=0",
        "notgzip",
        "gzip;q=2",
        "gzip;q=-1",
        "gzip;q=nan",
        "gzip;level=9",
        "gzip;q",
    ],
)
def test_gzip_is_not_sent_to_who_does_not(header: str) -> None:
    assert not prefers_gzip(header)
