"""Strict reading of untrusted JSON: no answer raises, or silently becomes a wrong number."""

from __future__ import annotations

import json
from dataclasses import dataclass

_MAX_INTEGER_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Unusable:
    """Replaces a value that must not be used in the parsed answer, with the reason."""

    reason: str


TWICE = Unusable("the answer has this key twice, with no way to tell which one counts")
TOO_LONG = Unusable("the number has too many digits to be plausible")


class AnswerError(Exception):
    """The whole answer cannot be read; the text gives the reason."""


def parse_answer(body: bytes) -> object:
    """Parse an answer of the platform.

    Numbers that are not finite stay ``inf`` or ``nan``; a number of absurd length and the value of a repeated key
    become ``Unusable``, so that one bad figure does not affect the others.

    Raises:
        AnswerError: The body is empty, not UTF-8, not JSON, or nested too deep.
    """
    if not body.strip():
        raise AnswerError("the answer is empty")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnswerError(f"the answer is not UTF-8 (byte {error.start + 1})") from None
    try:
        answer: object = json.loads(text, parse_int=_integer, object_pairs_hook=_object)
    except RecursionError:
        raise AnswerError("the answer is nested too deep") from None
    except json.JSONDecodeError as error:
        raise AnswerError(f"the answer is not JSON (line {error.lineno}, column {error.colno}: {error.msg})") from None
    except (ValueError, MemoryError):
        raise AnswerError("the answer cannot be read as JSON") from None
    return answer


def kind_of(value: object) -> str:
    """The type of a JSON value in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "an object"
    return "a list"


def _integer(digits: str) -> int | Unusable:
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else TOO_LONG


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                result[key] = TWICE
            seen.add(key)
    return result
