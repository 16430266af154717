from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from support import report_samples as samples

from amt_console.model import (
    AlertState,
    Figure,
    FigureKind,
    FigureUnit,
    MonitorState,
    MonitorStatus,
    ServiceState,
    Severity,
)
from amt_console.reports.documents import figures_report
from amt_console.reports.figures import FIGURES
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.page import Items, ReportPage
from amt_console.reports.pages.chatbot import chatbot_page
from amt_console.reports.pages.executive import executive_page
from amt_console.reports.pages.histories import movement
from amt_console.reports.pages.overview import overview_page
from amt_console.reports.pages.performance import performance_page
from amt_console.reports.pages.revenue import revenue_page
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView, build_view
from collectors.figures.catalogue import FIGURE_SPECS

pytestmark = pytest.mark.slow

PAGES = (overview_page, chatbot_page, revenue_page, performance_page, executive_page)
CASES = (samples.nothing, samples.unmeasured, samples.one_point, samples.hostile)


@pytest.fixture(scope="module")
def week() -> ReportView:
    return build_view(samples.week())


def cards(page: ReportPage) -> dict[str, str]:
    return {card.label: card.value for card in page.cards}


def texts(page: ReportPage) -> str:
    return repr(page)


def test_the_verdict_names_what_is_wrong_and_what_happened(week: ReportView) -> None:
    assert week.verdict.tone is Tone.WARNING
    assert week.verdict.word == "Degraded"
    assert week.verdict.sentence.startswith(
        "api-chat-analytics answers too slowly; nothing is down. 1 outage of 2h in the last 7 days"
    )


def test_a_service_that_is_down_leads_the_verdict_with_its_taker() -> None:
    data = samples.week(hours=24)
    down = replace(data.services[0], state=ServiceState.DOWN, since=data.window.end - timedelta(minutes=3))
    verdict = build_view(replace(data, services=(down, *data.services[1:]))).verdict
    assert (verdict.tone, verdict.word) == (Tone.CRITICAL, "Down")
    assert verdict.sentence == "backend-api (1 of 7) is down, for 3m. Nobody has acknowledged it."


def test_old_data_never_reads_as_now() -> None:
    data = samples.week(hours=24)
    old = replace(
        data,
        measured_until=data.window.end - timedelta(hours=2),
        monitor=MonitorStatus(MonitorState.STOPPED),
    )
    verdict = build_view(old).verdict
    assert (verdict.tone, verdict.word) == (Tone.UNKNOWN, "No data")
    assert "2h" in verdict.sentence


@pytest.mark.parametrize(
    ("seconds", "monitor", "tone", "said"),
    [
        (30, MonitorState.RUNNING, Tone.OK, "All 7 services are up. 1 outage"),
        (90, MonitorState.RUNNING, Tone.OK, "All 7 services were up when last measured. That was 1m 30s ago. "),
        (
            30,
            MonitorState.STOPPED,
            Tone.UNKNOWN,
            "were up when last measured. That was 30s ago, and no monitor is running.",
        ),
    ],
)
def test_what_was_measured_a_while_ago_is_told_in_the_past_tense(
    seconds: float, monitor: MonitorState, tone: Tone, said: str
) -> None:
    data = samples.week(hours=24)
    data = replace(
        data,
        services=tuple(replace(service, state=ServiceState.UP) for service in data.services),
        alerts=(),
        measured_until=data.window.end - timedelta(seconds=seconds),
        monitor=MonitorStatus(monitor),
    )
    verdict = build_view(data).verdict
    assert verdict.tone is tone
    assert said in verdict.sentence


def test_all_services_answer_only_when_that_is_known_now() -> None:
    data = samples.week(hours=24)
    critical = [r for r in data.alerts if r.episode.open][:1]
    firing = replace(critical[0].episode, state=AlertState.FIRING, severity=Severity.CRITICAL)
    data = replace(
        data,
        services=tuple(replace(service, state=ServiceState.UP) for service in data.services),
        alerts=(replace(critical[0], episode=firing),),
    )
    assert "; all services answer. " in build_view(data).verdict.sentence
    stopped = build_view(replace(data, monitor=MonitorStatus(MonitorState.STOPPED))).verdict.sentence
    assert "all services answer." not in stopped
    assert "all services answered when last measured. That was" in stopped
    lost = replace(data.services[0], state=ServiceState.UNKNOWN)
    partly = build_view(replace(data, services=(lost, *data.services[1:]))).verdict.sentence
    assert "; nothing is down. " in partly


def test_the_overview_has_the_platform_s_figures(week: ReportView) -> None:
    page = overview_page(week)
    shown = cards(page)
    assert shown["Total users"] == "12,480"
    assert shown["Daily active users"] == "3,120"
    assert shown["Conversion"] == "4.2 %"
    assert {table.id for table in page.tables()} >= {"sources", "languages", "pages", "services", "all-figures"}


def test_the_chatbot_page_has_what_is_asked_of_it(week: ReportView) -> None:
    page = chatbot_page(week)
    assert cards(page)["Satisfaction"] == "4.31 of 5"
    assert cards(page)["Resolution"] == "82.4 %"
    assert page.lead is not None
    assert page.lead.id == "conversations"
    assert {chart.id for chart in page.charts()} >= {
        "hours",
        "satisfaction",
        "resolution",
        "automation",
        "escalation",
        "response-time",
        "message-frequency",
        "topic-coverage",
    }
    assert {table.id for table in page.tables()} >= {"topics", "languages", "ratings", "feedback"}


def test_the_revenue_page_has_what_is_asked_of_it(week: ReportView) -> None:
    page = revenue_page(week)
    assert cards(page) == {
        "MRR": "48,210",
        "ARR": "578,520",
        "Churn": "2.9 %",
        "ARPU": "43.10",
        "Paying users": "1,118",
        "Billed yearly": "33.5 %",
    }
    assert {table.id for table in page.tables()} >= {"plans", "billing", "prices", "months-table"}
    months = next(chart for chart in page.charts() if chart.id == "months")
    first = dict(week.breakdown(FigureKind.REVENUE, "history"))
    assert months.title.endswith(f" % since {next(iter(first))}")
    assert page.lead is not None
    assert page.lead.id == "mrr-outlook"


def test_the_performance_page_says_who_had_the_incident_and_when(week: ReportView) -> None:
    page = performance_page(week)
    (incident,) = next(t for t in page.tables() if t.id == "incident-table").rows
    cells = [cell.text for cell in incident]  # type: ignore[union-attr]
    assert cells[0] == "backend-api"
    assert cells[5:7] == ["http 5xx", "HTTP 503 Service Unavailable"]
    assert cells[7].startswith("mira, ")
    assert cells[7].endswith("(alert 41)")
    assert sum(chart.id.startswith("latency-") for chart in page.charts()) == 7
    gaps = next(t for t in page.tables() if t.id == "gap-table")
    assert len(gaps.rows) == 1


def test_sections_keep_their_order(week: ReportView) -> None:
    for layout in PAGES:
        page = layout(week)
        assert page.sections[0].id == ("happened" if layout is executive_page else "attention")
        assert 4 <= len(page.cards) <= 6
        assert page.method
        assert page.file_name not in [name for name, _ in page.siblings]


def test_a_missing_figure_is_a_dash_with_its_reason_and_never_0() -> None:
    data = samples.week(hours=24)
    page = overview_page(build_view(replace(data, figures={})))
    users = next(card for card in page.cards if card.label == "Total users")
    assert (users.value, users.missing) == (
        "–",
        "nothing was read in this period",
    )
    items = next(block for block in page.sections[0].blocks if isinstance(block, Items))
    assert any(item.title == "No overview figures" for item in items.items)


def test_a_figure_that_cannot_be_used_keeps_its_reason(week: ReportView) -> None:
    rows = next(t for t in overview_page(week).tables() if t.id == "all-figures").rows
    bugs = next(row for row in rows if row[0].text == "Bug reports")  # type: ignore[index,union-attr]
    assert bugs[2].text == "–"  # type: ignore[union-attr]
    assert bugs[-1].text.startswith("nothing in the answer at")  # type: ignore[index]


@pytest.mark.parametrize("layout", PAGES)
def test_simulated_history_is_marked_on_every_page(layout: Callable[[ReportView], ReportPage]) -> None:
    page = layout(build_view(samples.week(hours=24, simulated=True)))
    assert page.notices[0].title == "Simulated history"


def test_real_history_is_not_marked(week: ReportView) -> None:
    assert overview_page(week).notices == ()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("layout", PAGES)
def test_every_page_can_be_laid_out_from_anything(
    layout: Callable[[ReportView], ReportPage], case: Callable[[], ReportData]
) -> None:
    page = layout(build_view(case()))
    assert page.verdict.sentence
    for chart in page.charts():
        assert (chart.spec is None) == bool(chart.empty)


@pytest.mark.parametrize("case", [samples.nothing, samples.unmeasured])
def test_without_data_no_figure_is_0_and_something_needs_attention(case: Callable[[], ReportData]) -> None:
    page = performance_page(build_view(case()))
    assert page.verdict.word == "No data"
    shown = cards(page)
    assert [shown[name] for name in ("Availability", "Outages", "Slowest p95", "Failed checks")] == ["–"] * 4
    items = next(block for block in page.sections[0].blocks if isinstance(block, Items))
    assert items.items


def test_hostile_text_is_cleaned_once_and_everywhere() -> None:
    view = build_view(samples.hostile())
    shown = "".join(texts(layout(view)) for layout in PAGES)
    assert not any(0xD800 <= ord(char) <= 0xDFFF or (ord(char) < 32 and char != "\n") for char in shown)
    assert "\u202e" not in shown
    assert "A" * 400 not in shown
    assert view.number(FigureKind.REVENUE, "mrr") is None


def test_every_figure_that_is_collected_has_a_label_here() -> None:
    for kind, specs in FIGURE_SPECS.items():
        assert [spec.name for spec in specs] == list(FIGURES[kind])
        assert [spec.unit.value for spec in specs] == [FIGURES[kind][spec.name].unit for spec in specs]


def test_a_figure_that_looks_wrong_says_so_and_amounts_have_their_currency() -> None:
    data = samples.week(hours=24)
    revenue = data.figures[FigureKind.REVENUE]
    said = "0.0275 looks like a fraction"
    figures = {
        **revenue.figures,
        "mrr": Figure(48210.0, unit="EUR"),
        "churn_rate": Figure(0.0275, unit="percent", suspect=said),
    }
    view = build_view(replace(data, figures={**data.figures, FigureKind.REVENUE: replace(revenue, figures=figures)}))
    page = revenue_page(view)
    assert cards(page)["MRR"] == "48,210 EUR"
    (churn,) = [card for card in page.cards if card.label == "Churn"]
    assert (churn.value, churn.detail, churn.word) == ("0.03 %", said, "suspect")
    document = figures_report(view, "revenue", (FigureKind.REVENUE,), view.verdict)["figures"]["revenue"]
    assert (document["mrr"]["unit"], document["churn_rate"]["suspect"]) == ("EUR", said)
    assert "suspect" not in document["mrr"]


def with_outage_of_two() -> ReportData:
    """An API that is down, and a service that depends on it."""
    data = samples.week(hours=24)
    api, web, *others = data.services
    began = data.window.end - timedelta(minutes=5)
    record = data.alerts[0]
    alerts = tuple(
        replace(
            record,
            events=(),
            episode=replace(
                record.episode,
                id=100 + place,
                subject=name,
                message=f"{name} is down",
                state=AlertState.FIRING,
                opened_at=began + timedelta(seconds=place),
                fired_at=began + timedelta(seconds=5 + place),
                resolved_at=None,
                resolution=None,
                acknowledged_at=None,
                acknowledged_by=None,
                note=None,
            ),
        )
        for place, name in enumerate((api.name, web.name))
    )
    down = replace(api, state=ServiceState.DOWN)
    follows = replace(web, state=ServiceState.DOWN, depends_on=(api.name,))
    return replace(data, services=(down, follows, *others), alerts=alerts)


@pytest.mark.parametrize("layout", [overview_page, performance_page, executive_page])
def test_alerts_that_follow_from_another_stand_with_it(layout: Callable[[ReportView], ReportPage]) -> None:
    page = layout(build_view(with_outage_of_two()))
    (items,) = (block for block in page.blocks() if block.id in ("attention-list", "open-list"))
    assert isinstance(items, Items)
    (item,) = (item for item in items.items if item.tone is Tone.CRITICAL)
    assert item.title == "backend-api"
    assert item.text == "backend-api is down. 1 more alert follows from it: web-app"


def test_a_page_of_figures_is_not_ok_while_services_are_down() -> None:
    verdict = chatbot_page(build_view(with_outage_of_two())).verdict
    assert (verdict.tone, verdict.word) == (Tone.WARNING, "Degraded")
    assert verdict.sentence.endswith("backend-api and web-app (2 of 7) were down at the end of the period.")


@pytest.mark.parametrize(
    ("unit", "label", "currency", "title"),
    [
        (
            FigureUnit.MONEY,
            "Monthly recurring revenue",
            "EUR",
            "Monthly recurring revenue rose from 100.00 to 120.00 EUR",
        ),
        (FigureUnit.SCORE, "Satisfaction", "", "Satisfaction rose from 100.00 to 120.00 of 5"),
        (FigureUnit.PER_MINUTE, "Messages per minute", "", "Messages per minute rose from 100.0 to 120.0"),
    ],
)
def test_the_title_of_a_history_says_which_way_it_went_in_its_unit_once(
    unit: FigureUnit, label: str, currency: str, title: str
) -> None:
    assert movement(label, None, unit, 100.0, 120.0, currency) == title


def test_figures_that_were_not_read_are_one_item_on_the_executive_summary() -> None:
    page = executive_page(build_view(replace(samples.week(hours=24), figures={})))
    (items,) = (block for block in page.blocks() if block.id == "open-list")
    assert isinstance(items, Items)
    titles = [item.title for item in items.items if item.word == "No data"]
    assert titles == ["No overview, chatbot or revenue figures"]
    assert "No overview, chatbot or revenue figures were read." in page.verdict.sentence
