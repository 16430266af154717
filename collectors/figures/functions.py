"""JMESPath with arithmetic: a platform that sends 0.031 where percent is wanted can still be mapped."""

from __future__ import annotations

from typing import Any, cast

import jmespath
from jmespath import exceptions, functions

from amt_console.text import safe_text


class FigureFunctions(functions.Functions):
    """The standard functions, and ``add``, ``subtract``, ``multiply`` and ``divide`` of two numbers."""

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_add(self, left: float, right: float) -> float:
        return left + right

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_subtract(self, left: float, right: float) -> float:
        return left - right

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_multiply(self, left: float, right: float) -> float:
        return left * right

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_divide(self, left: float, right: float) -> float | None:
        return left / right if right else None


class ExpressionError(Exception):
    """An expression is wrong, or cannot be applied to this answer; the text says why."""


def evaluate(expression: str, answer: object) -> object:
    """The value of a JMESPath expression over a parsed answer.

    Raises:
        ExpressionError: The expression cannot be parsed, or a function in it does not fit the answer.
    """
    try:
        compiled = cast(Any, jmespath.compile(expression))
    except (exceptions.JMESPathError, RecursionError, ValueError) as error:
        raise ExpressionError(
            f"the expression {_shown(expression)} is not valid JMESPath: {_first_line(error)}"
        ) from None
    try:
        value: object = compiled.search(answer, options=jmespath.Options(custom_functions=FigureFunctions()))
    except (
        exceptions.JMESPathError,
        RecursionError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise ExpressionError(
            f"the expression {_shown(expression)} does not fit the answer: {_first_line(error)}"
        ) from None
    return value


def _shown(expression: str) -> str:
    return repr(safe_text(expression, 80))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
