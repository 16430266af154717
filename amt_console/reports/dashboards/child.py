"""The process that makes one dashboard or document: ``python -m amt_console.reports.dashboards.child``.

Reads a pickled ``DashboardJob`` from standard input, gathers the data from the database itself, and writes one line of
JSON to standard output: ``{"digest", "policy"}`` followed by the page or document, ``{"unchanged": true}`` if the data
is that of the known one, or ``{"error", "unavailable"}``. The memory of the data and the charts is freed with the
process.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import sys
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import quote

from amt_console.reports.build import document_of, layout
from amt_console.reports.dashboards.job import DASHBOARDS, DashboardJob
from amt_console.reports.documents import encoded
from amt_console.reports.drawing import chart_marks
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.gathering.source import gather_from
from amt_console.reports.html import HtmlRenderer
from amt_console.reports.times import UnknownZoneError
from amt_console.reports.view import build_view
from amt_console.store import StoreError

FAILED = 1
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
NICE = 10
"""Probing goes first."""


def main() -> int:
    """Make one dashboard; the exit code is 0 when it is made or unchanged."""
    os.nice(NICE)
    job: DashboardJob = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one, over its pipe
    try:
        data = gather_from(job.source, job.window, zone=job.zone, made_at=job.made_at)
        data = replace(data, compare=job.compare)
        digest = _digest(data)
        if digest == job.known:
            _answer({"unchanged": True})
            return 0
        content, policy = _document(data, job) if job.document else _page(data, job)
    except UnknownZoneError as error:
        return _failed(str(error))
    except StoreError as error:
        return _failed(str(error), unavailable=True)
    except MemoryError:
        return _failed("not enough memory to draw it")
    _answer({"digest": digest, "policy": policy}, content)
    return 0


def _page(data: ReportData, job: DashboardJob) -> tuple[bytes, str]:
    page = replace(layout(build_view(data), job.name), siblings=_others(job))
    html = HtmlRenderer().render(page, chart_marks)
    return html.encode("utf-8"), _policy(html)


def _document(data: ReportData, job: DashboardJob) -> tuple[bytes, str]:
    return encoded(document_of(build_view(data), job.name)), ""


def _digest(data: ReportData) -> str:
    """The same for the same data, whenever it is gathered."""
    timeless = replace(data, made_at=data.window.end)
    return hashlib.sha256(pickle.dumps((data.past, timeless), protocol=pickle.HIGHEST_PROTOCOL)).hexdigest()


def _policy(html: str) -> str:
    """The policy in the page's meta element."""
    found = _POLICY.search(html)
    assert found is not None
    return unescape(found[1])


def _others(job: DashboardJob) -> tuple[tuple[str, str], ...]:
    return tuple((quote(name) + job.links, what) for name, (_, what) in DASHBOARDS.items() if name != job.name)


def _failed(reason: str, *, unavailable: bool = False) -> int:
    _answer({"error": reason, "unavailable": unavailable})
    return FAILED


def _answer(head: dict[str, Any], body: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
