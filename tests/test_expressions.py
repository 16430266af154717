"""JMESPath within bounds: hostile expressions end early, honest ones mean what JMESPath says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import hostile_expressions

from amt_console.expressions import Budget, ExpressionError, OverBudgetError, compile_expression

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def hostile() -> dict[str, Any]:
    """How all hostile expressions end over an answer of a megabyte, in a process with little memory."""
    result = subprocess.run(
        [sys.executable, "-m", "support.hostile_expressions"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile_expressions.ALL)
def test_a_hostile_expression_ends_within_its_budget(hostile: dict[str, Any], name: str) -> None:
    ended = hostile["found"][name]
    assert ended["seconds"] < 10, "processor time; it takes below one second on an idle machine"
    assert len(ended["outcome"]) < 400, "the message must not hold the value"


@pytest.mark.slow
def test_hostile_expressions_take_little_memory(hostile: dict[str, Any]) -> None:
    assert hostile["grown_mib"] < 150


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile_expressions.GROWS_BY_ITSELF | hostile_expressions.TOO_LARGE)
def test_what_grows_by_itself_is_refused_before_it_runs(hostile: dict[str, Any], name: str) -> None:
    assert hostile["found"][name]["checked"] in ("OverBudgetError", "ExpressionError")
    with pytest.raises(ExpressionError, match="expression"):
        compile_expression(hostile_expressions.ALL[name])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a ==", "not valid JMESPath"),
        ("", "not valid JMESPath"),
        pytest.param("(" * 900 + "a" + ")" * 900, "not valid JMESPath", id="brackets"),
        pytest.param("[" * 80 + "a" + "]" * 80, "nested deeper than 60 levels", id="deep"),
        pytest.param("[" + ",".join(["a"] * 600) + "]", "has 601 parts; 500 are allowed", id="wide"),
        pytest.param("a" * 2001, "has 2,001 characters; 2,000 are allowed", id="long"),
        ("lenght(a)", "calls lenght(), which does not exist; did you mean length()?"),
    ],
)
def test_an_expression_beyond_the_bounds_says_which(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match="the expression") as refused:
        compile_expression(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abs(name)", "abs() needs number, got string"),
        ("sum([n, name])", "sum() needs array-number, got str"),
        ("add(n)", "Expected 2 arguments for function add(), received 1"),
        ("divide(`1e308`, `1e-308`) > floor(divide(`1e308`, `1e-10`))", "does not fit the answer"),
        ("name < n", "does not fit the answer"),
    ],
)
def test_a_function_that_does_not_fit_is_a_reason(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_expression(text).evaluate({"n": 1, "name": "x"}, Budget())
    assert said in str(refused.value)
    assert not isinstance(refused.value, OverBudgetError)


def test_a_budget_may_be_for_several_expressions() -> None:
    budget = Budget(1000)
    expression = compile_expression("items[*].n")
    answer = {"items": [{"n": 1}] * 100}
    for _ in range(2):
        expression.evaluate(answer, budget)
    with pytest.raises(OverBudgetError, match="more than 1,000 steps on this answer"):
        expression.evaluate(answer, budget)


HONEST = (
    "a.b || c", "a[0]", "a[-1].b", "a[*].b", "a[].b", "a[][]", "*.b", "a.*", "a[?b > `1`].b", "a[?b == 'x']", "a[::2]",
    "{x: a, y: c}", "[a, c, @]", "a | [0]", "!a", "a && c", "length(a)", "keys(@)", "values(@)", "to_string(@)",
    "type(a)", "not_null(a, c)", "sort_by(a, &b)", "max_by(a, &b)", "map(&b, a)", "reverse(a)", "join(',', a)", "a[1:]",
    "a == c", "a != c", "a < c", "merge(@, a)", "sum(a)", "avg(a)", "max(a)", "sort(a)", "starts_with(a, 'x')",
    "to_number(c)", "to_array(a)", "contains(a, c)",
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["", "x", "1"])
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=15,
)


@pytest.mark.slow
@given(st.sampled_from(HONEST), st.dictionaries(st.sampled_from("abc"), ANSWERS, max_size=3))
def test_honest_expressions_mean_what_jmespath_says(text: str, answer: object) -> None:
    try:
        expected = jmespath.search(text, answer)
    except (ValueError, TypeError, AttributeError):
        with pytest.raises(ExpressionError):
            compile_expression(text).evaluate(answer, Budget())
        return
    assert json.dumps(compile_expression(text).evaluate(answer, Budget())) == json.dumps(expected)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["sum(items[*].n)", "items[?n > `5`].n | max(@)", "length(items[*].[n, n][])"])
def test_an_honest_expression_may_look_at_a_large_answer(text: str) -> None:
    answer = {"items": [{"n": number} for number in range(50_000)]}
    assert compile_expression(text).evaluate(answer, Budget()) == jmespath.search(text, answer)
