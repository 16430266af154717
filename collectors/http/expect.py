"""Checks an answer: status, headers, text, regular expression, JMESPath. The first failure counts."""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from amt_console.clock import Clock
from amt_console.expressions import Budget, Expression, ExpressionError, OverBudgetError, compile_expression
from amt_console.model import ErrorClass, Expectation
from amt_console.patterns import MAX_SEARCHED_CHARS, PatternError, compile_pattern
from amt_console.text import safe_text
from collectors.http.trace import Trace
from collectors.network.fault import ProbeFault

if TYPE_CHECKING:
    import regex

INLINE_SECONDS = 0.005
"""How long a pattern may hold up the loop before the check moves to a thread."""
INLINE_STEPS = 3000
"""How many steps an expression may take on the loop before the check moves to a thread: some 3 ms."""
MAX_SECONDS = 1.0
"""How long all patterns of one service may take together."""
INLINE_BODY_BYTES = 64 * 1024
"""Larger bodies are checked in a thread."""
_THREADS = ThreadPoolExecutor(2, "amt-expect")
"""Slow checks wait here for each other, not in the loop's own threads, which look names up."""
_SHOWN_CHARS = 60
_ODD_CODECS = frozenset(("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"))


class ExpectationError(ValueError):
    """An expectation that cannot be checked; ``str()`` names it and the reason."""


class Checks:
    """A prepared expectation.

    Args:
        expect: From the configuration.
        clock: For the time limit of the patterns.

    Raises:
        ExpectationError: A status, pattern or expression is not valid.
        OverBudgetError: An expression is too large.
    """

    def __init__(self, expect: Expectation, clock: Clock) -> None:
        self._expect = expect
        self._clock = clock
        self._statuses = tuple(_status_range(pattern) for pattern in expect.status)
        self._headers = {name: _pattern(pattern) for name, pattern in expect.headers.items()}
        self._regex = None if expect.regex is None else _pattern(expect.regex)
        self._jmespath = None if expect.jmespath is None else _expression(expect.jmespath)

    def accepts(self, status: int) -> bool:
        """Whether the status is one of the expected ones."""
        return any(low <= status <= high for low, high in self._statuses)

    async def fault(self, trace: Trace) -> ProbeFault | None:
        """The first expectation that the answer does not satisfy."""
        try:
            if len(trace.body) <= INLINE_BODY_BYTES or not self._reads_body:
                return self._first_fault(trace, INLINE_SECONDS, Budget(INLINE_STEPS))
        except (TimeoutError, OverBudgetError):
            pass
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(_THREADS, self._first_fault, trace, MAX_SECONDS, Budget())
        except TimeoutError:
            return ProbeFault(
                ErrorClass.BODY_ASSERT, f"a pattern took longer than {MAX_SECONDS:g} s on this answer: simplify it"
            )
        except OverBudgetError as error:
            return ProbeFault(ErrorClass.BODY_ASSERT, str(error))

    @property
    def _reads_body(self) -> bool:
        return self._expect.text is not None or self._regex is not None or self._jmespath is not None

    def _first_fault(self, trace: Trace, seconds: float, budget: Budget) -> ProbeFault | None:
        until = self._clock.monotonic() + seconds
        status = trace.status or 0
        if not self.accepts(status):
            got = f"{status} {safe_text(trace.reason, _SHOWN_CHARS) or _phrase(status)}".rstrip()
            return ProbeFault(ErrorClass.HTTP_STATUS, f"got {got}, expected {', '.join(self._expect.status)}")
        return self._header_fault(trace, until) or self._body_fault(trace, until, budget)

    def _header_fault(self, trace: Trace, until: float) -> ProbeFault | None:
        for name, pattern in self._headers.items():
            wanted = name.lower().encode("latin-1", "replace")
            values = [value for known, value in trace.headers if known.lower() == wanted]
            if not values:
                return ProbeFault(ErrorClass.HEADER_ASSERT, f"header {name} is missing")
            value = b", ".join(values).decode("utf-8", "replace")
            if not self._search(pattern, value, until):
                return ProbeFault(
                    ErrorClass.HEADER_ASSERT,
                    f"header {name} does not match {_shown(pattern.pattern)}, got {_shown(value)}",
                )
        return None

    def _body_fault(self, trace: Trace, until: float, budget: Budget) -> ProbeFault | None:
        if not self._reads_body:
            return None
        expect = self._expect
        text = body_text(trace.body, trace.headers)
        if expect.text is not None and expect.text not in text:
            return ProbeFault(ErrorClass.BODY_ASSERT, f"the body does not contain {_shown(expect.text)}")
        if self._regex is not None and not self._search(self._regex, text[:MAX_SEARCHED_CHARS], until):
            part = "" if len(text) <= MAX_SEARCHED_CHARS else f" in its first {MAX_SEARCHED_CHARS:,} characters"
            return ProbeFault(ErrorClass.BODY_ASSERT, f"the body does not match {_shown(self._regex.pattern)}{part}")
        return self._jmespath_fault(text, budget)

    def _jmespath_fault(self, text: str, budget: Budget) -> ProbeFault | None:
        expression = self._jmespath
        if expression is None:
            return None
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return ProbeFault(ErrorClass.BODY_ASSERT, f"the body is not JSON: {_shown(text)}")
        try:
            found = expression.evaluate(document, budget)
            if found is True:
                return None
            left = expression.left_side
            got = found if left is None else left.evaluate(document, budget)
        except OverBudgetError:
            raise
        except ExpressionError as error:
            return ProbeFault(ErrorClass.BODY_ASSERT, str(error))
        return ProbeFault(
            ErrorClass.BODY_ASSERT, f"expected {safe_text(expression.text, _SHOWN_CHARS)}, got {_json(got)}"
        )

    def _search(self, pattern: regex.Pattern[str], text: str, until: float) -> bool:
        left = until - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        return pattern.search(text, timeout=left, concurrent=True) is not None


def body_text(body: bytes, headers: list[tuple[bytes, bytes]]) -> str:
    """The body as text, by the charset of its ``Content-Type`` or as UTF-8; bytes that do not fit are replaced."""
    for name, value in headers:
        if name.lower() == b"content-type":
            charset = re.search(rb"charset\s*=\s*\"?([A-Za-z0-9._:-]{1,40})", value, re.IGNORECASE)
            if charset is not None:
                return _decode(body, charset[1].decode("ascii"))
    return _decode(body, "utf-8")


def _decode(body: bytes, charset: str) -> str:
    try:
        if codecs.lookup(charset).name not in _ODD_CODECS:
            return body.decode(charset, "replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        pass
    return body.decode("utf-8", "replace").removeprefix("\ufeff")


def _status_range(pattern: str) -> tuple[int, int]:
    text = pattern.strip().lower()
    if len(text) == 3 and text[0].isdigit() and text[1:] == "xx":
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    low, dash, high = text.partition("-")
    try:
        return int(low), int(high if dash else low)
    except ValueError:
        raise ExpectationError(f"{pattern!r} is no status: write 200, 2xx or 200-299") from None


def _pattern(pattern: str) -> regex.Pattern[str]:
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise ExpectationError(f"{pattern!r} {error}") from None


def _expression(text: str) -> Expression:
    try:
        return compile_expression(text)
    except OverBudgetError:
        raise
    except ExpressionError as error:
        raise ExpectationError(str(error)) from None


def _json(value: Any) -> str:
    return safe_text(json.dumps(value, ensure_ascii=False, default=str), _SHOWN_CHARS)


def _shown(text: str) -> str:
    return f"'{safe_text(text, _SHOWN_CHARS)}'"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
