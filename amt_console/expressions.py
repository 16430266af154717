"""Bounded JMESPath: limits on an expression before it runs, and a step budget while it runs.

JMESPath itself has no limit: ``[@,@]|[@,@]|...`` doubles its answer with each part. Every visited
node, copied element and written character costs steps from a budget, and an empty budget ends the evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import jmespath
from jmespath import exceptions, functions, visitor

from amt_console.text import safe_text

MAX_CHARS = 2000
"""Longest expression."""
MAX_NODES = 500
"""Most parts of an expression: names, literals, operators and function calls."""
MAX_DEPTH = 60
"""Deepest nesting; a chain of pipes or of alternatives nests as well."""
MAX_STEPS = 500_000
"""Most steps of one evaluation: a third of a second, and some 30 MB."""
TRIAL_STEPS = 50_000
"""Most steps over an empty answer. An expression that takes more grows by itself, whatever the answer."""
_CHARS_PER_STEP = 16
_SORT_FACTOR = 20
"""Comparisons per element when the longest list that the budget allows is sorted."""
_SHOWN_CHARS = 80
_EQUALITY = ("eq", "ne")
_SHALLOW = frozenset(("length", "type", "not_null", "to_array"))
"""Functions that read no element of their arguments."""


class ExpressionError(Exception):
    """An expression is invalid, or does not fit an answer; the text gives the reason."""


class OverBudgetError(ExpressionError):
    """An expression exceeds its step budget."""


class Budget:
    """The steps left, for one evaluation or several together."""

    __slots__ = ("left", "steps")

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = self.left = steps

    def spend(self, steps: int) -> None:
        """Charge steps. Raises OverBudgetError when none are left."""
        self.left -= steps
        if self.left < 0:
            raise OverBudgetError

    def spend_whole(self, value: object) -> None:
        """Charge a walk through a whole value; a repeated part is charged each time."""
        rest = [value]
        while rest:
            item = rest.pop()
            if isinstance(item, str):
                self.spend(2 + len(item) // _CHARS_PER_STEP)
            elif isinstance(item, list):
                self.spend(2 + len(item))
                rest.extend(item)
            elif isinstance(item, dict):
                self.spend(2 + len(item) * 2)
                self.spend(sum(len(key) for key in item) // _CHARS_PER_STEP)
                rest.extend(item.values())
            else:
                self.spend(2)

    def spend_elements(self, value: object, factor: int = 1) -> None:
        """Charge a walk through the elements of a value, not their contents."""
        if isinstance(value, str):
            self.spend(len(value) // _CHARS_PER_STEP * factor)
        elif isinstance(value, dict):
            self.spend(len(value) * factor)
        elif isinstance(value, list):
            self.spend(len(value) * factor)
            self.spend(sum(len(item) for item in value if isinstance(item, str)) // _CHARS_PER_STEP * factor)


@dataclass(frozen=True, slots=True)
class Expression:
    """A JMESPath expression within the bounds."""

    text: str
    tree: Any

    def evaluate(self, answer: object, budget: Budget) -> object:
        """Evaluate over a parsed answer.

        Raises:
            OverBudgetError: It takes more steps than the budget has left.
            ExpressionError: A function in it does not fit the answer.
        """
        try:
            value: object = _Interpreter(budget).visit(self.tree, answer)
            budget.spend_whole(value)
        except OverBudgetError:
            reason = f"takes more than {budget.steps:,} steps on this answer: simplify it"
            raise OverBudgetError(f"the expression {_shown(self.text)} {reason}") from None
        except exceptions.JMESPathTypeError as error:
            # Its own text would contain the whole value.
            wanted = " or ".join(error.expected_types)
            reason = f"{error.function_name}() needs {wanted}, got {error.actual_type}"
            raise ExpressionError(f"the expression {_shown(self.text)} does not fit the answer: {reason}") from None
        except (
            exceptions.JMESPathError,
            RecursionError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
        ) as error:
            reason = _first_line(error)
            raise ExpressionError(f"the expression {_shown(self.text)} does not fit the answer: {reason}") from None
        return value

    @property
    def left_side(self) -> Expression | None:
        """The left side of a comparison."""
        if self.tree["type"] != "comparator":
            return None
        return Expression(self.text, self.tree["children"][0])


@lru_cache(maxsize=512)
def compile_expression(text: str) -> Expression:
    """Parse an expression and check it against the bounds.

    Raises:
        OverBudgetError: It is longer, has more parts or is nested deeper than allowed, or it grows by itself.
        ExpressionError: It is not JMESPath, or calls a function that does not exist.
    """
    if len(text) > MAX_CHARS:
        raise OverBudgetError(f"the expression has {len(text):,} characters; {MAX_CHARS:,} are allowed")
    try:
        tree: Any = jmespath.compile(text).parsed
    except (
        exceptions.JMESPathError,
        RecursionError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ) as error:
        reason = _first_line(error).removeprefix("Invalid jmespath expression: ").rstrip(":")
        raise ExpressionError(f"the expression {_shown(text)} is not valid JMESPath: {reason}") from None
    _check_size(tree)
    expression = Expression(text, tree)
    empty: tuple[object, ...] = ({}, [])
    for answer in empty:
        try:
            expression.evaluate(answer, Budget(TRIAL_STEPS))
        except OverBudgetError:
            raise OverBudgetError(
                f"the expression {_shown(text)} takes more than {TRIAL_STEPS:,} steps on an empty answer: simplify it"
            ) from None
        except ExpressionError:
            continue
    return expression


def _check_size(tree: Any) -> None:
    nodes, rest = 0, [(tree, 1)]
    while rest:
        node, depth = rest.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise OverBudgetError(f"the expression is nested deeper than {MAX_DEPTH} levels: simplify it")
        if node["type"] == "function_expression":
            _check_function(node["value"])
        if node["type"] != "slice":
            rest.extend((child, depth + 1) for child in node["children"])
    if nodes > MAX_NODES:
        raise OverBudgetError(f"the expression has {nodes:,} parts; {MAX_NODES:,} are allowed")


def _check_function(name: str) -> None:
    known = BoundedFunctions.FUNCTION_TABLE
    if name not in known:
        near = get_close_matches(name, list(known), 1, 0.6)
        hint = f"; did you mean {near[0]}()?" if near else ""
        raise ExpressionError(f"the expression calls {safe_text(name, 40)}(), which does not exist{hint}")


class BoundedFunctions(functions.Functions):
    """The standard functions, charged before they run, and arithmetic with two numbers."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def call_function(self, function_name: str, resolved_args: Any) -> Any:
        """Charge the call, then make it."""
        self._pay(function_name, resolved_args)
        return super().call_function(function_name, resolved_args)

    def _pay(self, name: str, arguments: list[Any]) -> None:
        budget = self._budget
        if name in _SHALLOW:
            return
        for argument in arguments:
            budget.spend_elements(argument, _SORT_FACTOR if name == "sort" else 1)
        match name, arguments:
            case ("to_string", [list() | dict() as value]) | ("contains", [list() as value, list() | dict()]):
                budget.spend_whole(value)
            case "join", [str(glue), list(parts)]:
                budget.spend(len(glue) * len(parts) // _CHARS_PER_STEP)

    def _create_key_func(self, expref: Any, allowed_types: Any, function_name: str) -> Any:
        key_of = super()._create_key_func(expref, allowed_types, function_name)  # type: ignore[misc]
        budget = self._budget

        def paid(element: Any) -> Any:
            key = key_of(element)
            budget.spend(_SORT_FACTOR)
            budget.spend_elements(key, _SORT_FACTOR)
            return key

        return paid

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_add(self, left: float, right: float) -> float:
        return float(left) + float(right)

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_subtract(self, left: float, right: float) -> float:
        return float(left) - float(right)

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_multiply(self, left: float, right: float) -> float:
        # Whole numbers would double their digits with each call.
        return float(left) * float(right)

    @functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_divide(self, left: float, right: float) -> float | None:
        return float(left) / float(right) if right else None


class _Interpreter(visitor.TreeInterpreter):
    """Charges each node; nodes that copy or compare whole lists are charged for these first."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(visitor.Options(custom_functions=BoundedFunctions(budget)))
        self._budget = budget
        self._visit = super().visit

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        budget = self._budget
        budget.left -= 1
        if budget.left < 0:
            raise OverBudgetError
        return self._visit(node, *args, **kwargs)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
            self._budget.spend_whole(left)
        elif isinstance(left, str) and isinstance(right, str):
            self._budget.spend_elements(left)
        if node["value"] not in _EQUALITY and not (_has_order(left) and _has_order(right)):
            return None
        return self.COMPARATOR_FUNC[node["value"]](left, right)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._budget.spend(len(base))
        self._budget.spend(sum(len(item) for item in base if isinstance(item, list)))
        return [inner for item in base for inner in (item if isinstance(item, list) else (item,))]

    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list):
            self._budget.spend(len(value))
        return super().visit_slice(node, value)


def _has_order(value: object) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _shown(text: str) -> str:
    return repr(safe_text(text, _SHOWN_CHARS))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return safe_text(lines[0], 160) if lines else type(error).__name__
