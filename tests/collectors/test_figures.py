from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import hostile_expressions

from amt_console.model import Figure, FigureKind, FigureSource, FigureSources, FigureUnit
from amt_console.text import safe_text
from collectors.figures.catalogue import FIGURE_SPECS
from collectors.figures.numbers import TextNumber, parse_number
from collectors.figures.reader import MAX_ENTRIES, read_answer, read_figures

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
KINDS = st.sampled_from(list(FigureKind))


def places(kind: FigureKind, **paths: str) -> FigureSources:
    return FigureSources(by_kind={kind: {name: FigureSource(path) for name, path in paths.items()}})


def revenue(body: bytes | str, **paths: str) -> dict[str, Figure]:
    encoded = body.encode() if isinstance(body, str) else body
    read = read_figures(FigureKind.REVENUE, encoded, timestamp=AT, sources=places(FigureKind.REVENUE, **paths))
    assert (read.kind, read.timestamp, read.simulated) == (FigureKind.REVENUE, AT, False)
    return dict(read.figures)


def missing_because(figure: Figure, said: str) -> bool:
    return figure.value is None and figure.reason is not None and said in figure.reason


@pytest.mark.parametrize("answer", [{"mrr": 12.5}, {"data": {"mrr": 12.5}}, {"revenue": {"mrr": 12.5}}])
def test_a_figure_is_found_in_the_usual_places(answer: object) -> None:
    assert revenue(json.dumps(answer))["mrr"].value == 12.5


@pytest.mark.parametrize(
    ("kind", "answer", "name", "value", "path"),
    [
        (FigureKind.REVENUE, {"monthlyRecurringRevenue": 5}, "mrr", 5.0, "monthlyRecurringRevenue"),
        (FigureKind.REVENUE, {"data": {"MonthlyRecurringRevenue": 5}}, "mrr", 5.0, "data.MonthlyRecurringRevenue"),
        (FigureKind.REVENUE, {"monthly-recurring-revenue": 5}, "mrr", 5.0, '"monthly-recurring-revenue"'),
        (FigureKind.REVENUE, {"churn": {"monthlyRate": 1}, "churnRate": 2.5}, "churn_rate", 2.5, "churnRate"),
        (FigureKind.REVENUE, {"mrr": {"current": 7, "target": 9}}, "mrr", 7.0, "mrr.current"),
        (FigureKind.OVERVIEW, {"activeUsers": {"daily": 3}}, "daily_active_users", 3.0, "activeUsers.daily"),
        (FigureKind.OVERVIEW, {"users": 12}, "total_users", 12.0, "users"),
        (FigureKind.OVERVIEW, {"stats": {"freeToPaid": 8.5}}, "conversion_rate", 8.5, "stats.freeToPaid"),
        (FigureKind.CHATBOT, {"avgResponseTime": 0.9}, "response_time", 0.9, "avgResponseTime"),
        (FigureKind.PLANS, {"plans": [{"name": "A", "priceMonthly": 49}]}, "prices", (("A", 49.0),), "plans"),
        (FigureKind.PLANS, [{"title": "A", "price": {"yearly": 490}}], "yearly_prices", (("A", 490.0),), "[*]"),
        (FigureKind.OVERVIEW, {"rpm": 870.4}, "requests_per_minute", 870.4, "rpm"),
        (FigureKind.CHATBOT, {"messageFrequency": 3.7}, "message_frequency", 3.7, "messageFrequency"),
        (FigureKind.CHATBOT, {"userFeedback": {"good": 5}}, "feedback", (("good", 5.0),), "userFeedback"),
        (FigureKind.PLANS, {"data": [{"title": "Pro", "price": "€49"}]}, "prices", (("Pro", 49.0),), "data[*]"),
    ],
)  # fmt: skip
def test_other_spellings_are_found_and_the_path_says_where(
    kind: FigureKind, answer: object, name: str, value: object, path: str
) -> None:
    readings = {reading.name: reading for reading in read_answer(kind, json.dumps(answer).encode())}
    assert readings[name].figure.value == value
    assert readings[name].path == path
    again = read_answer(kind, json.dumps(answer).encode(), sources=places(kind, **{name: path}))
    assert {reading.name: reading for reading in again}[name].figure.value == value


def test_the_exact_name_goes_before_another_spelling_of_it() -> None:
    assert revenue('{"Mrr": 1, "mrr": 2}')["mrr"].value == 2.0
    assert revenue('{"MRR": 1}')["mrr"].value == 1.0


@pytest.mark.parametrize(
    ("text", "value", "mark"),
    [
        ("$50,000.50", 50000.5, "$"),
        ("17.5%", 17.5, "%"),
        (" 17.5 % ", 17.5, "%"),
        ("1 234,5", 1234.5, None),
        ("1\u00a0234\u202f567,5", 1234567.5, None),
        ("1'234.50", 1234.5, None),
        ("€ 1.234,50", 1234.5, "EUR"),
        ("29.00 USD", 29.0, "USD"),
        ("US$5", 5.0, "USD"),
        ("$1,234", 1234.0, "$"),
        ("1,234,567", 1234567.0, None),
        ("1.234.567,8", 1234567.8, None),
        ("1,234.567", 1234.567, None),
        ("0,275", 0.275, None),
        ("12,5", 12.5, None),
        ("1200", 1200.0, None),
        ("1.5e3", 1500.0, None),
        ("-5", -5.0, None),
        ("-$5", -5.0, "$"),
        ("900 ms", 900.0, "ms"),
        ("1.2s", 1.2, "s"),
    ],
)
def test_a_number_in_a_text_is_read_where_its_form_leaves_no_doubt(text: str, value: float, mark: str | None) -> None:
    assert parse_number(text) == TextNumber(value, mark)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,234", "may be 1.234 or 1234"),
        ("1.234", "may be 1.234 or 1234"),
        ("50.000", "may be 50.000 or 50000"),
        *[
            (text, "text where a number is expected")
            for text in (
                "",
                "x",
                "5 5",
                "1,,2",
                "1,23,456",
                "1,234,56",
                "5%%",
                "$5%",
                "12abc",
                "NaN",
                "inf",
                "１２",
                "9" * 41,
                "1 / 2",
            )
        ],
    ],
)
def test_a_text_in_doubt_is_no_number(text: str, said: str) -> None:
    found = parse_number(text)
    assert isinstance(found, str)
    assert said in found


@pytest.mark.slow
@given(st.text(max_size=50))
def test_no_text_at_all_raises(text: str) -> None:
    found = parse_number(text)
    assert isinstance(found, (str, TextNumber))


def test_zero_is_a_value_and_a_missing_figure_is_none() -> None:
    read = revenue('{"mrr": 0, "churn_rate": -0.0}')
    assert read["mrr"].value == 0.0
    assert math.copysign(1, read["churn_rate"].value) == 1  # type: ignore[arg-type]
    assert missing_because(read["arr"], "nothing in the answer at arr, annual_recurring_revenue")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("null", "nothing in the answer"),
        ('"1200 or so"', "text where a number is expected"),
        ('"1,234"', "'1,234' may be 1.234 or 1234: it has to be sent as a number"),
        ('"17.5%"', "a percentage where money is expected"),
        ("true", "true or false where a number is expected"),
        ("[1]", "a list where a number is expected"),
        ('{"x": 1}', "an object where a number is expected"),
        ("NaN", "not a finite number"),
        ("Infinity", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1e999", "not a finite number"),
        ("1e308", "highest plausible"),
        ("-5", "below 0"),
        pytest.param("9" * 5000, "too many digits", id="5000 digits"),
        pytest.param("-" + "9" * 5000, "too many digits", id="5000 digits below zero"),
    ],
)
def test_an_implausible_figure_is_missing_with_its_reason_and_costs_no_other(value: str, said: str) -> None:
    read = revenue(f'{{"mrr": {value}, "arr": 100}}')
    assert missing_because(read["mrr"], said)
    assert read["arr"].value == 100.0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<html>502 Bad Gateway</html>", "not JSON (line 1, column 1"),
        (b'{"mrr": 1', "not JSON"),
        (b'{"mrr": 1} trailing', "not JSON"),
        ('{"mrr": "é"}'.encode("latin-1"), "not UTF-8 (byte 10)"),
        ('{"mrr": 1}'.encode("utf-16"), "not UTF-8"),
        (b"\x00\x01", "not JSON"),
        pytest.param(b"[" * 100_000, "nested too deep", id="100000 lists"),
        pytest.param(b'{"a":' * 100_000, "nested too deep", id="100000 objects"),
        (b"[1, 2]", "a list, not an object"),
        (b'"text"', "text, not an object"),
        (b"null", "null, not an object"),
        (b"true", "true or false, not an object"),
    ],
)
def test_an_answer_that_cannot_be_read_says_why_at_every_figure(body: bytes, said: str) -> None:
    for name, figure in revenue(body).items():
        assert missing_because(figure, said), name


def test_a_byte_order_mark_does_no_harm() -> None:
    assert revenue(b'\xef\xbb\xbf{"mrr": 7}')["mrr"].value == 7.0


def test_a_key_that_is_there_twice_is_no_figure() -> None:
    read = revenue('{"mrr": 1, "mrr": 2, "arr": 3, "data": {"mrr": 9}}')
    assert missing_because(read["mrr"], "twice")
    assert read["arr"].value == 3.0
    assert missing_because(revenue('{"revenue": 1, "revenue": {"mrr": 2}}')["mrr"], "nothing in the answer")


def test_bounds_follow_the_unit() -> None:
    assert missing_because(revenue('{"churn_rate": 100.1}')["churn_rate"], "above 100")
    chat = read_figures(FigureKind.CHATBOT, b'{"satisfaction": 94, "response_time": 4000}', timestamp=AT).figures
    assert missing_because(chat["satisfaction"], "above 5")
    assert missing_because(chat["response_time"], "above 3600")
    assert (chat["satisfaction"].suspect or "").startswith("94 looks like percent")


@pytest.mark.parametrize(
    "languages",
    [
        {"en": 3, "de": 1},
        {"en": {"users": 3}, "de": {"users": 1}},
        [{"language": "en", "users": 3}, {"language": "de", "users": 1}],
        [{"name": "en", "count": 3, "percent": 75}, {"name": "de", "count": 1, "percent": 25}],
        [["en", 3], ["de", 1]],
    ],
)
def test_a_breakdown_comes_in_several_forms_and_keeps_its_order(languages: object) -> None:
    body = json.dumps({"languages": languages}).encode()
    figure = read_figures(FigureKind.OVERVIEW, body, timestamp=AT).figures["languages"]
    assert figure.value == (("en", 3.0), ("de", 1.0))


def test_bare_numbers_are_labelled_by_their_place() -> None:
    body = b'{"hourly": [5, 0, 2], "ratings": [1, 0, 0, 4, 9]}'
    chat = read_figures(FigureKind.CHATBOT, body, timestamp=AT).figures
    assert chat["hourly_distribution"].value == (("0", 5.0), ("1", 0.0), ("2", 2.0))
    assert chat["ratings"].value == (("1", 1.0), ("2", 0.0), ("3", 0.0), ("4", 4.0), ("5", 9.0))


@pytest.mark.parametrize("answer", [[{"name": "Pro", "price": 49}], {"data": [{"name": "Pro", "price": 49}]}])
def test_plans_may_be_the_whole_answer(answer: object) -> None:
    plans = read_figures(FigureKind.PLANS, json.dumps(answer).encode(), timestamp=AT).figures
    assert plans["prices"].value == (("Pro", 49.0),)
    assert missing_because(plans["yearly_prices"], "1 of 1 entries left out (Pro: null")


def test_bad_entries_are_left_out_and_counted() -> None:
    entries = [
        {"month": "2026-01", "mrr": 10},
        {"month": "2026-02", "mrr": -1},
        {"month": None, "mrr": 1},
        {"month": ["x"], "mrr": 1},
        "stray",
        [1, 2, 3],
        {"month": 202603, "mrr": 30},
    ]
    figure = revenue(json.dumps({"history": entries}))["history"]
    assert figure.value == (("2026-01", 10.0), ("202603", 30.0))
    assert figure.reason is not None
    assert figure.reason.startswith("5 of 7 entries left out (2026-02: -1 is below 0")


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ("[]", "nothing in the answer"),
        ('"x"', "text where labelled numbers"),
        ('{"a": "b"}', "1 of 1 entries left out"),
    ],
)
def test_a_breakdown_without_a_good_entry_is_missing(history: str, said: str) -> None:
    assert missing_because(revenue(f'{{"history": {history}}}')["history"], said)


def test_a_long_breakdown_is_cut_and_says_so() -> None:
    body = json.dumps({"languages": {f"l{number}": number for number in range(250)}}).encode()
    figure = read_figures(FigureKind.OVERVIEW, body, timestamp=AT).figures["languages"]
    assert isinstance(figure.value, tuple)
    assert len(figure.value) == MAX_ENTRIES
    assert figure.reason == "only the first 100 of 250 entries kept"


def test_labels_are_harmless() -> None:
    body = b'{"languages": {"\\ud800": 1, "\\u001b[2Jx": 2, "a\\u202eb\\nc": 3, "' + b"x" * 5000 + b'": 4, " ": 5}}'
    value = read_figures(FigureKind.OVERVIEW, body, timestamp=AT).figures["languages"].value
    assert isinstance(value, tuple)
    assert [label for label, _ in value][:3] == ["\ufffd", "␛[2Jx", "a\\u202eb c"]
    assert [number for _, number in value] == [1, 2, 3, 4]
    for label, _ in value:
        label.encode("utf-8")
        assert len(label) <= 80


def test_an_override_takes_the_place_of_the_default() -> None:
    read = revenue('{"mrr": 1, "totals": [{"recurring": 5}]}', mrr="totals[0].recurring", arr="[0]")
    assert read["mrr"].value == 5.0
    assert missing_because(read["arr"], "nothing in the answer at [0]")
    assert revenue("[[7]]", mrr="[0][0]")["mrr"].value == 7.0


def test_an_override_may_calculate() -> None:
    body = '{"churn": 0.5, "mrr": 10, "none": 0}'
    assert revenue(body, churn_rate="multiply(churn, `100`)")["churn_rate"].value == 50.0
    assert revenue(body, arr="multiply(mrr, `12`)")["arr"].value == 120.0
    assert revenue(body, arr="divide(add(mrr, `2`), subtract(`5`, `1`))")["arr"].value == 3.0
    assert missing_because(revenue(body, arr="divide(mrr, none)")["arr"], "nothing in the answer")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("totals[", "not valid JMESPath"),
        ("", "not valid JMESPath"),
        ("multiply(mrr, `1`", "not valid JMESPath"),
        ("unknown(mrr)", "calls unknown(), which does not exist"),
        (hostile_expressions.ALL["pipes"], "the expression '[@,@]|[@,@]|"),
        (hostile_expressions.ALL["nested brackets"], "nested deeper"),
        ("multiply(nowhere, `2`)", "does not fit the answer"),
        ("\ud800", "not valid JMESPath"),
        pytest.param("(" * 900 + "mrr" + ")" * 900, "not valid JMESPath", id="900 brackets"),
    ],
)
def test_a_bad_expression_is_a_reason_and_costs_no_other_figure(expression: str, said: str) -> None:
    read = revenue('{"mrr": 1, "arr": 2}', mrr=expression)
    assert missing_because(read["mrr"], said)
    assert read["arr"].value == 2.0


def test_an_expression_over_its_budget_costs_no_other_figure() -> None:
    costly = "items[*].[@,@,@,@,@,@,@,@][] | length(@)"
    body = json.dumps({"items": list(range(30_000)), "paid": 7}).encode()
    read = revenue(body, mrr=costly, arr="length(items)", paying_users="paid")
    assert missing_because(read["mrr"], "takes more than 100,000 steps on this answer")
    assert (read["arr"].value, read["paying_users"].value) == (30_000.0, 7.0)


def test_an_override_for_a_figure_that_does_not_exist_is_told() -> None:
    assert missing_because(
        revenue('{"mrr": 1}', mmr="mrr")["mmr"], "revenue has no figure of this name; it has mrr, arr"
    )


def test_simulated_answers_are_marked() -> None:
    assert read_figures(FigureKind.PLANS, b"{}", timestamp=AT, simulated=True).simulated


numbers = st.integers(-(10**400), 10**400) | st.floats(allow_nan=True, allow_infinity=True) | st.booleans()
values = st.recursive(
    st.none() | numbers | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=20,
)
paths = sorted(
    {path.split(".")[0] for specs in FIGURE_SPECS.values() for spec in specs for path in spec.paths} | {"data"}
)
answers = st.dictionaries(st.sampled_from(paths), values, max_size=8) | values


def check(kind: FigureKind, body: bytes) -> None:
    """Every figure is a plausible value within its bounds, or missing with a harmless reason."""
    read = read_figures(kind, body, timestamp=AT).figures
    assert set(read) == {spec.name for spec in FIGURE_SPECS[kind]}
    for spec in FIGURE_SPECS[kind]:
        figure = read[spec.name]
        if figure.value is None:
            assert figure.reason
        found = figure.value if isinstance(figure.value, tuple) else (("", figure.value),)
        for label, number in found:
            assert number is None or spec.minimum <= number <= spec.maximum
            assert safe_text(label) == label
        assert figure.reason is None or safe_text(figure.reason) == figure.reason


@pytest.mark.slow
@given(KINDS, answers)
def test_no_json_at_all_raises_or_gives_an_absurd_figure(kind: FigureKind, answer: object) -> None:
    check(kind, json.dumps(answer).encode())


@pytest.mark.slow
@given(KINDS, st.binary(max_size=200))
def test_no_bytes_at_all_raise(kind: FigureKind, body: bytes) -> None:
    check(kind, body)


@pytest.mark.slow
@given(st.text(max_size=40), answers)
def test_no_override_at_all_raises(expression: str, answer: object) -> None:
    figure = revenue(json.dumps(answer), mrr=expression)["mrr"]
    assert figure.value is not None or figure.reason


@given(st.floats(0, 1e12))
def test_a_plausible_number_is_read_exactly(number: float) -> None:
    assert revenue(json.dumps({"mrr": number}))["mrr"].value == number


OVERVIEW, CHATBOT, REVENUE = FigureKind.OVERVIEW, FigureKind.CHATBOT, FigureKind.REVENUE


def read_one(
    kind: FigureKind, answer: object, name: str, unit: str | None = None, currency: str | None = None, **before: float
) -> Figure:
    sources = FigureSources(currency, {kind: {name: FigureSource(unit=unit)} if unit else {}})
    body = json.dumps(answer).encode()
    return read_figures(kind, body, timestamp=AT, sources=sources, before=before).figures[name]


@pytest.mark.parametrize(
    ("answer", "name", "unit", "value", "shown_unit"),
    [
        ({"churn_rate": 2.75}, "churn_rate", None, 2.75, "percent"),
        ({"churn_rate": 0.0275}, "churn_rate", "fraction", 2.75, "percent"),
        ({"churn_rate": 0.57}, "churn_rate", "fraction", 57.0, "percent"),
        ({"churn_rate": "2.75 %"}, "churn_rate", "fraction", 2.75, "percent"),
        ({"mrr": 5}, "mrr", None, 5.0, "currency"),
        ({"mrr": 5}, "mrr", "CHF", 5.0, "CHF"),
        ({"mrr": "€5"}, "mrr", None, 5.0, "EUR"),
        ({"paying_users": 5}, "paying_users", None, 5.0, "count"),
    ],
)
def test_a_figure_is_kept_in_its_own_unit(
    answer: object, name: str, unit: str | None, value: float, shown_unit: str
) -> None:
    figure = read_one(REVENUE, answer, name, unit)
    assert (figure.value, figure.unit, figure.suspect) == (value, shown_unit, None)


def test_milliseconds_are_shown_as_seconds_and_amounts_in_the_configured_currency() -> None:
    assert read_one(CHATBOT, {"response_time": 900}, "response_time", "ms").value == 0.9
    assert read_one(CHATBOT, {"response_time": "900 ms"}, "response_time").value == 0.9
    assert read_one(REVENUE, {"mrr": 5}, "mrr", currency="EUR").unit == "EUR"
    assert read_one(REVENUE, {"mrr": 5}, "mrr", "currency", "EUR").unit == "EUR"
    assert read_one(REVENUE, {}, "mrr", currency="EUR").unit == "EUR"


FRACTIONS = {"conversion_rate": 0.083, "bounce_rate": 0.41}
PERCENTS = {"conversion_rate": 8.3, "bounce_rate": 41}


@pytest.mark.parametrize(
    ("kind", "answer", "name", "unit", "before", "said"),
    [
        (REVENUE, {"churn_rate": 0.0275}, "churn_rate", None, {}, "0.0275 looks like a fraction, not percent: set"),
        (REVENUE, {"churn_rate": 1}, "churn_rate", None, {}, "looks like a fraction"),
        (REVENUE, {"churn_rate": 0.0275}, "churn_rate", "percent", {"churn_rate": 2.75}, "percent after 2.75"),
        (REVENUE, {"churn_rate": 2.75}, "churn_rate", "fraction", {}, "2.75 looks like percent, not a fraction"),
        (REVENUE, {"churn_rate": 130}, "churn_rate", None, {}, "130 is more than 100 percent"),
        (OVERVIEW, FRACTIONS, "conversion_rate", None, {}, "looks like a fraction"),
        (OVERVIEW, PERCENTS | {"conversion_rate": 0.02}, "conversion_rate", None, {}, "looks like a fraction"),
        (OVERVIEW, PERCENTS | {"bounce_rate": 0.41}, "bounce_rate", None, {}, "looks like a fraction"),
        (OVERVIEW, {"session_duration": 352_000}, "session_duration", None, {}, "looks like milliseconds"),
        (OVERVIEW, {"session_duration": 35_200}, "session_duration", None, {}, "looks like milliseconds"),
        (OVERVIEW, {"session_duration": 352}, "session_duration", "ms", {}, "looks like seconds, not milliseconds"),
        (CHATBOT, {"response_time": 900}, "response_time", None, {}, "900 looks like milliseconds"),
        (CHATBOT, {"response_time": 0.9}, "response_time", "ms", {}, "0.9 looks like seconds"),
        (CHATBOT, {"response_time": 50}, "response_time", None, {"response_time": 0.05}, "after 0.05"),
        (CHATBOT, {"satisfaction": 0.86}, "satisfaction", None, {}, "looks like a fraction"),
        (CHATBOT, {"satisfaction": 8.6}, "satisfaction", None, {}, "points out of ten"),
        (OVERVIEW, {"total_users": 12.5}, "total_users", None, {}, "not a whole number"),
        (OVERVIEW, {"traffic_sources": {"a": 0.6, "b": 0.4}}, "traffic_sources", None, {}, "looks like shares"),
        (OVERVIEW, {"feature_adoption": {"a": 0.6, "b": 0}}, "feature_adoption", None, {}, "looks like fractions"),
        (OVERVIEW, {"feature_adoption": {"a": 60}}, "feature_adoption", "fraction", {}, "a: 60 looks like percent"),
        (OVERVIEW, {"performance": {"pageLoadTime": 1620}}, "page_load_time", None, {}, "looks like milliseconds"),
        (CHATBOT, {"topic_coverage": 0.91}, "topic_coverage", None, {}, "looks like a fraction"),
        (CHATBOT, {"feedback": {"good": 0.9, "bad": 0.1}}, "feedback", None, {}, "looks like shares"),
        (REVENUE, {"mrr": 1000, "arr": 120}, "arr", None, {}, "0.12 times the monthly revenue"),
        (REVENUE, {"mrr": "$5"}, "mrr", "EUR", {}, "the answer says $, the configuration EUR"),
    ],
)  # fmt: skip
def test_a_value_that_contradicts_its_unit_is_suspect(
    kind: FigureKind, answer: object, name: str, unit: str | None, before: dict[str, float], said: str
) -> None:
    figure = read_one(kind, answer, name, unit, **before)
    assert said in (figure.suspect or "")
    assert figure.suspect is not None
    assert safe_text(figure.suspect) == figure.suspect


@pytest.mark.parametrize(
    ("kind", "answer", "name", "unit", "before"),
    [
        (REVENUE, {"churn_rate": 0}, "churn_rate", None, {"churn_rate": 2.75}),
        (REVENUE, {"churn_rate": "0 %"}, "churn_rate", None, {}),
        (REVENUE, {"churn_rate": "0.5 %"}, "churn_rate", None, {}),
        (REVENUE, {"churn_rate": 0.5}, "churn_rate", "percent", {}),
        (REVENUE, {"churn_rate": 0.9}, "churn_rate", None, {"churn_rate": 1.4}),
        (REVENUE, {"churn_rate": 2.75}, "churn_rate", None, {"churn_rate": 0.9}),
        (OVERVIEW, PERCENTS | {"conversion_rate": 0.5}, "conversion_rate", None, {}),
        (OVERVIEW, {"session_duration": 352}, "session_duration", None, {"session_duration": 40.0}),
        (OVERVIEW, {"session_duration": 30_000}, "session_duration", "s", {}),
        (OVERVIEW, {"session_duration": 0}, "session_duration", "ms", {}),
        (OVERVIEW, {"feature_adoption": {"a": 60, "b": 0.5, "c": 0}}, "feature_adoption", None, {}),
        (OVERVIEW, {"feature_adoption": {"a": 0, "b": 0}}, "feature_adoption", None, {}),
        (OVERVIEW, {"total_users": 0}, "total_users", None, {"total_users": 5.0}),
        (CHATBOT, {"satisfaction": 0}, "satisfaction", None, {}),
        (REVENUE, {"mrr": 1000, "arr": 12_000}, "arr", None, {}),
        (REVENUE, {"mrr": 1000, "arr": 0}, "arr", None, {}),
        (REVENUE, {"mrr": "$5"}, "mrr", "USD", {}),
    ],
)
def test_zero_and_what_fits_its_unit_is_in_no_doubt(
    kind: FigureKind, answer: object, name: str, unit: str | None, before: dict[str, float]
) -> None:
    figure = read_one(kind, answer, name, unit, **before)
    assert figure.value is not None
    assert figure.suspect is None


def test_every_figure_has_its_unit_even_when_it_is_missing() -> None:
    for kind in FigureKind:
        for body in (b"{}", b"not json"):
            units = {figure.unit for figure in read_figures(kind, body, timestamp=AT).figures.values()}
            assert units <= {str(unit) for unit in FigureUnit}
