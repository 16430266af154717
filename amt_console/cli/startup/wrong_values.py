"""What is wrong with a value on the command line, in words for people."""

from __future__ import annotations

from typing import Any

import typer

from amt_console.text import safe_text

_MAX_CHARS = 60
_WRONG = {
    "int_parsing": "{} is not a whole number",
    "int_parsing_size": "{} is too large",
    "float_parsing": "{} is not a number",
    "finite_number": "{} is not a number",
    "bool_parsing": "{} is neither yes nor no",
    "greater_than": "{} is too small: it must be above {gt}",
    "greater_than_equal": "{} is too small: the least is {ge}",
    "less_than": "{} is too large: it must be below {lt}",
    "less_than_equal": "{} is too large: the most is {le}",
}
"""By the validator's name of the fault."""


def words_of(error: typer.TyperException) -> str:
    """One sentence about a command line that cannot be parsed, without the wording of the validator."""
    fault = _first_fault(error.__cause__)
    parameter = getattr(error, "param", None)
    if fault is None or parameter is None:
        return error.format_message()
    given = f"'{safe_text(str(fault['input']), _MAX_CHARS)}'"
    reason = fault.get("ctx", {}).get("error")
    words = _WRONG.get(fault["type"])
    if words is not None:
        told = words.format(given, **fault.get("ctx", {}))
    else:
        told = safe_text(str(reason or fault["msg"])).rstrip(".")
    return f"Invalid value for {parameter.get_error_hint()}: {told}"


def _first_fault(cause: BaseException | None) -> dict[str, Any] | None:
    if cause is None:
        return None
    from pydantic import ValidationError

    if not isinstance(cause, ValidationError):
        return None
    return dict(cause.errors(include_url=False)[0])
