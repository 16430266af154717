"""What an answer must satisfy, and answers that try to make the check itself fail."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import pytest
from support import hostile_expressions

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Expectation
from collectors.http.expect import INLINE_BODY_BYTES, Checks, ExpectationError, body_text
from collectors.http.trace import Trace


def trace_of(body: bytes = b"", status: int = 200, *headers: tuple[bytes, bytes], reason: str = "") -> Trace:
    return Trace(status=status, reason=reason, headers=list(headers), body=body)


JSON = b'{"status": "ok", "checks": [{"name": "db", "up": true}], "count": 3}'
TYPE = (b"Content-Type", b"application/json")


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        (Expectation(), None),
        (Expectation(status=("200",)), None),
        (Expectation(status=("201", "200-204")), None),
        (Expectation(status=("3xx", "404")), "got 200 OK, expected 3xx, 404"),
        (Expectation(headers={"content-type": "^application/json"}), None),
        (
            Expectation(headers={"content-type": "html"}),
            "header content-type does not match 'html', got 'application/json'",
        ),
        (Expectation(headers={"X-Ready": "."}), "header X-Ready is missing"),
        (Expectation(text='"ok"'), None),
        (Expectation(text="ready"), "the body does not contain 'ready'"),
        (Expectation(regex=r'"count": \d'), None),
        (Expectation(regex="^ok"), "the body does not match '^ok'"),
        (Expectation(jmespath="status == 'ok' && count > `2`"), None),
        (Expectation(jmespath="status == 'fine'"), "expected status == 'fine', got \"ok\""),
        (Expectation(jmespath="checks[0].up"), None),
        (Expectation(jmespath="checks[0].name"), 'expected checks[0].name, got "db"'),
        (Expectation(jmespath="missing"), "expected missing, got null"),
        (Expectation(jmespath="abs(status)"), "the expression 'abs(status)' does not fit the answer: abs() needs"),
        (Expectation(status=("500",), text="x", regex="y"), "got 200 OK, expected 500"),
        (Expectation(headers={"X-Ready": "."}, text="x"), "header X-Ready is missing"),
    ],
)  # fmt: skip
async def test_expectations_in_their_order(expect: Expectation, message: str | None) -> None:
    fault = await Checks(expect, SystemClock()).fault(trace_of(JSON, 200, TYPE))
    assert (fault is None) == (message is None)
    assert fault is None or fault.message.startswith(message or "")


@pytest.mark.parametrize(
    ("status", "reason", "got"),
    [(503, "", "503 Service Unavailable"), (503, "Closed \x1b[31m", "503 Closed ␛[31m"), (799, "", "799")],
)
async def test_the_status_is_named(status: int, reason: str, got: str) -> None:
    fault = await Checks(Expectation(), SystemClock()).fault(trace_of(b"", status, reason=reason))
    assert fault is not None
    assert fault.error_class is ErrorClass.HTTP_STATUS
    assert fault.message == f"got {got}, expected 2xx"


class WatchedClock(SystemClock):
    """Notes on which threads the time of a check was asked for."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def monotonic(self) -> float:
        self.threads.add(threading.current_thread().name)
        return super().monotonic()


@pytest.mark.parametrize("expect", [Expectation(text="x"), Expectation(regex="^x"), Expectation(jmespath="x == `1`")])
async def test_large_bodies_are_checked_off_the_loop(expect: Expectation) -> None:
    clock = WatchedClock()
    checks = Checks(expect, clock)
    await checks.fault(trace_of(b"x"))
    assert clock.threads == {threading.current_thread().name}
    clock.threads.clear()
    await checks.fault(trace_of(b"x" * (INLINE_BODY_BYTES + 1)))
    assert [name.startswith("amt-expect") for name in clock.threads] == [True]


HELD_UP = 10.0
"""Seconds; without a budget the loop stands still for minutes. A busy machine alone causes a second."""


async def longest_pause(pauses: list[float]) -> None:
    """Write down how long the loop was held up, for ever."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.01)
        pauses.append(time.monotonic() - began)


@pytest.mark.slow
async def test_a_pattern_that_explodes_is_stopped_and_does_not_hold_up_the_loop() -> None:
    checks = Checks(Expectation(regex=r"^(a|aa)+$"), SystemClock())
    pauses: list[float] = []
    watcher = asyncio.create_task(longest_pause(pauses))
    began = time.monotonic()
    fault = await checks.fault(trace_of(b"a" * 60 + b"!"))
    watcher.cancel()
    assert fault is not None
    assert "a pattern took longer than 1 s" in fault.message
    assert time.monotonic() - began < 30
    assert len(pauses) > 10, "the loop turned while the pattern ran"


@pytest.mark.parametrize("pattern", [r"((?R)|a)", r"(a(?1)?)b", r"(?<x>a(?&x)?)", r"(?P<x>a(?P>x)?)"])
def test_a_pattern_that_calls_itself_is_refused(pattern: str) -> None:
    with pytest.raises(ExpectationError, match="calls itself"):
        Checks(Expectation(regex=pattern), SystemClock())


@pytest.mark.parametrize("pattern", [r"\(\?R\)", r"(?:a)", r"(?i)a", r"(a)(?(1)b)", r"(?P<x>a)(?P=x)", r"(?>a)"])
def test_other_patterns_are_not_taken_for_one(pattern: str) -> None:
    Checks(Expectation(regex=pattern), SystemClock())


async def test_a_pattern_sees_the_beginning_of_a_body() -> None:
    checks = Checks(Expectation(regex="needle"), SystemClock())
    assert await checks.fault(trace_of(b"x" * 262_138 + b"needle" + b"x" * 700_000)) is None
    fault = await checks.fault(trace_of(b"x" * 262_139 + b"needle" + b"x" * 700_000))
    assert fault is not None
    assert fault.message == "the body does not match 'needle' in its first 262,144 characters"


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile_expressions.GROWS_WITH_THE_ANSWER)
async def test_an_expression_that_explodes_is_stopped_and_does_not_hold_up_the_loop(name: str) -> None:
    checks = Checks(Expectation(jmespath=hostile_expressions.ALL[name]), SystemClock())
    body = json.dumps(hostile_expressions.answer()).encode()
    pauses: list[float] = []
    watcher = asyncio.create_task(longest_pause(pauses))
    fault = await checks.fault(trace_of(body))
    watcher.cancel()
    assert fault is not None
    assert fault.error_class is ErrorClass.BODY_ASSERT
    assert "expression" in fault.message or fault.message.startswith("expected ")
    assert max(pauses, default=0) < HELD_UP


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"9" * 6000, b'{"a": NaN}', b'"\\ud800"', b"\xef\xbb\xbf{}", b""],
    ids=["deep", "long-number", "nan", "surrogate", "bom", "empty"],
)
async def test_hostile_json_is_judged(body: bytes) -> None:
    fault = await Checks(Expectation(jmespath="a == `1`"), SystemClock()).fault(trace_of(body))
    assert fault is not None
    assert fault.error_class is ErrorClass.BODY_ASSERT
    fault.message.encode()


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("grün".encode(), b"text/html", "grün"),
        ("grün".encode("latin-1"), b"text/html; charset=ISO-8859-1", "grün"),
        ("grün".encode("utf-16"), b'text/html; charset="utf-16"', "grün"),
        (b"\xffx", b"text/html", "\ufffdx"),
        (b"abc-", b"text/html; charset=punycode", "abc-"),
        (b"abc", b"text/html; charset=base64", "abc"),
        (b"abc", b"text/html; charset=no-such", "abc"),
        ("\ufeff{}".encode(), b"application/json", "{}"),
    ],
)
def test_bodies_are_read_in_their_charset(body: bytes, content_type: bytes, text: str) -> None:
    assert body_text(body, [(b"content-type", content_type)]) == text
