"""Queries of Prometheus: its answers as a fake server sends them, and the real program."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.http_servers import answer, answering, held, path_of, serve, unused_port
from support.programs import until

from amt_console.clock import SystemClock
from amt_console.model import MAX_LABEL_CHARS, MAX_VALUES, ErrorClass, ProbeResult, PrometheusQuery, ServiceState, Value
from collectors.prometheus.answer import series_label
from collectors.prometheus.collector import PrometheusCollector

PROGRAM = shutil.which("prometheus")
WAIT_SECONDS = 60.0


async def ask(url: str, query: str = "up", **more: Any) -> ProbeResult:
    collector = PrometheusCollector(clock=SystemClock())
    try:
        return await collector.probe(PrometheusQuery(name="queue", url=url, query=query, **{"timeout": 5.0, **more}))
    finally:
        await collector.aclose()


def vector(*series: tuple[dict[str, str], str]) -> bytes:
    result = [{"metric": labels, "value": [1_700_000_000, value]} for labels, value in series]
    return answer(json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode())


async def answered(reply: bytes, **more: Any) -> ProbeResult:
    async with serve(answering(reply)) as server:
        return await ask(server.url, **more)


async def test_a_series_without_labels_is_the_main_value() -> None:
    async with serve(answering(vector(({}, "4.5")))) as server:
        result = await ask(server.url + "/prefix/", "sum(x) > bool 1", unit="s", headers={"Authorization": "Bearer t"})
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert result.values == {"value": Value(4.5, "s")}
    assert result.response_time_ms is not None
    (head,) = server.requests
    assert path_of(head).startswith("/prefix/api/v1/query?query=sum%28x%29")
    assert b"Authorization: Bearer t" in head or b"authorization: Bearer t" in head
    assert f"host: 127.0.0.1:{server.port}".encode() in head.lower()


async def test_other_series_are_named_by_their_labels() -> None:
    result = await answered(vector(({"__name__": "up", "job": "b", "instance": "x:1"}, "1"), ({"job": "a"}, "0")))
    assert result.values == {"instance=x:1,job=b": Value(1.0), "job=a": Value(0.0)}


async def test_a_scalar_is_the_main_value() -> None:
    body = json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1, "7"]}}).encode()
    assert (await answered(answer(body))).values == {"value": Value(7.0)}


@pytest.mark.parametrize(
    ("reply", "error_class", "words"),
    [
        (vector(), ErrorClass.CHECK_UNKNOWN, "gives no data"),
        (vector(({}, "NaN"), ({"a": "b"}, "+Inf")), ErrorClass.CHECK_UNKNOWN, "2 series are NaN or infinite"),
        (
            answer(b'{"status":"error","errorType":"bad_data","error":"parse error"}', status="400 Bad Request"),
            ErrorClass.QUERY_FAILED,
            "the query failed: bad_data: parse error",
        ),
        (
            answer(b'{"status":"success","data":{"resultType":"matrix","result":[]}}'),
            ErrorClass.QUERY_FAILED,
            "gives a matrix",
        ),
        (answer(b"<html>", status="502 Bad Gateway"), ErrorClass.HTTP_STATUS, "status 502"),
        (answer(b"[1]"), ErrorClass.HTTP_STATUS, "not that of a Prometheus API"),
        (answer(b"", "Location: /login", status="302 Found"), ErrorClass.HTTP_STATUS, "redirects"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ErrorClass.PROTOCOL, "no whole answer"),
    ],
)
async def test_without_a_number_the_state_is_unknown_with_the_reason(
    reply: bytes, error_class: ErrorClass, words: str
) -> None:
    result = await answered(reply)
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, error_class)
    assert words in (result.error or "")
    assert result.values == {}


async def test_a_server_that_is_gone_or_too_slow_says_nothing_about_what_is_asked() -> None:
    gone = await ask(f"http://127.0.0.1:{unused_port()}")
    assert (gone.state, gone.error_class) == (ServiceState.UNKNOWN, ErrorClass.CONNECT_REFUSED)
    async with serve(held(30.0, vector())) as server:
        slow = await ask(server.url, timeout=0.3)
    assert (slow.state, slow.error_class) == (ServiceState.UNKNOWN, ErrorClass.TIMEOUT)
    blocked = await ask("http://169.254.169.254")
    assert (blocked.state, blocked.error_class) == (ServiceState.UNKNOWN, ErrorClass.BLOCKED_ADDRESS)


async def test_the_number_of_series_and_the_length_of_their_names_are_bounded() -> None:
    result = await answered(vector(*(({"pod": f"{number:04}" + "x" * 200}, "1") for number in range(100))))
    assert len(result.values) == MAX_VALUES
    assert result.details["series left out"] == 100 - MAX_VALUES
    assert max(map(len, result.values)) <= MAX_LABEL_CHARS
    assert series_label({"a": "x" * 200 + "1"}) != series_label({"a": "x" * 200 + "2"})


async def test_an_answer_that_is_too_large_is_refused() -> None:
    result = await answered(answer(b" " * (4 * 1024 * 1024 + 1)))
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.TOO_LARGE)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real program, scraping itself every second."""
    if PROGRAM is None:
        pytest.skip("the program prometheus is not installed")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    port = unused_port()
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        f'scrape_configs: [{{job_name: self, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]\n'
    )
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            PROGRAM,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def scraped() -> bool:
        try:
            found = httpx.get(f"{url}/api/v1/query", params={"query": "up"}, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(found.get("data", {}).get("result"))

    try:
        until(scraped, WAIT_SECONDS)
        yield url
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)


@pytest.mark.slow
async def test_the_real_prometheus_is_read(prometheus: str) -> None:
    up = await ask(prometheus, "sum(up)")
    assert (up.state, up.values) == (ServiceState.UP, {"value": Value(1.0)})
    series = await ask(prometheus, "up")
    assert list(series.values) == [f"instance={prometheus.removeprefix('http://')},job=self"]
    nothing = await ask(prometheus, "no_such_metric")
    assert (nothing.state, nothing.error_class) == (ServiceState.UNKNOWN, ErrorClass.CHECK_UNKNOWN)
    wrong = await ask(prometheus, "rate(")
    assert (wrong.state, wrong.error_class) == (ServiceState.UNKNOWN, ErrorClass.QUERY_FAILED)
    assert "unclosed left parenthesis" in (wrong.error or "")
    assert "NaN" in ((await ask(prometheus, "0/0")).error or "")
