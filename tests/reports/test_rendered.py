"""The rendered files: what a browser, a mail preview and a program get to see."""

from __future__ import annotations

import json
import re
import struct
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files as package_files
from pathlib import Path

import pytest
from support import report_samples as samples

from amt_console.reports.build import build
from amt_console.reports.files import plan
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.html import live_script, security_policy, style_sheet

pytestmark = pytest.mark.slow

PAGES = ("overview_dashboard.html", "chatbot_dashboard.html", "revenue_dashboard.html", "performance_dashboard.html")


def digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def rendered(data: ReportData, *formats: str) -> dict[str, bytes]:
    return dict(build(data, plan(["all"], formats), progress=lambda what, done, total: None))


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return rendered(samples.hostile())


@pytest.fixture(scope="module")
def week() -> dict[str, bytes]:
    return rendered(samples.week(simulated=True))


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_export_all_is_these_nine_files(week: dict[str, bytes]) -> None:
    assert set(week) == {
        *PAGES,
        "executive_summary.html",
        "executive_summary.json",
        "monitoring_report.json",
        "performance_analysis_report.json",
        "performance_analysis.png",
    }


def test_sizes_stay_in_their_budgets(week: dict[str, bytes]) -> None:
    assert all(len(week[name]) <= 2_000_000 for name in PAGES)
    assert len(week["performance_analysis.png"]) <= 500_000
    width, height = struct.unpack(">II", week["performance_analysis.png"][16:24])
    assert width == 1760
    assert height > 1000


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_comes_first_and_fits_the_style_sheet_and_the_script(week: dict[str, bytes], name: str) -> None:
    text = week[name].decode()
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert (style, script) == (style_sheet(), live_script())
    metas = [attributes for tag, attributes in Elements(text).tags if tag == "meta"]
    assert metas[1]["http-equiv"] == "Content-Security-Policy"
    policy = security_policy(style, script)
    assert metas[1]["content"] == policy
    assert re.findall(r"script-src ([^;]+);", policy) == [f"'sha256-{digest(script)}'"]
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("case", ["week", "hostile"])
def test_pages_have_one_script_of_ours_no_inline_styles_and_load_nothing(
    name: str, case: str, request: pytest.FixtureRequest
) -> None:
    text = request.getfixturevalue(case)[name].decode()
    scripts = [attributes for tag, attributes in Elements(text).tags if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "chart-data"}, {}]
    for tag, attributes in Elements(text).tags:
        assert tag not in ("img", "iframe", "object", "link", "form", "base", "image", "use")
        assert not any(key == "style" or key.startswith("on") or key in ("src", "xlink:href") for key in attributes), (
            tag,
            attributes,
        )
        if "href" in attributes:
            assert re.fullmatch(r"#verdict|[a-z_]+\.(html|json|png)", attributes["href"] or "")
    assert "url(http" not in text


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique_in_a_page(week: dict[str, bytes], name: str) -> None:
    ids = [attributes["id"] for _, attributes in Elements(week[name].decode()).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_every_chart_is_a_picture_with_one_sentence(week: dict[str, bytes], name: str) -> None:
    charts = [a for tag, a in Elements(week[name].decode()).tags if tag == "svg" and a.get("class") == "chart"]
    assert charts
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)


def test_a_gap_lifts_the_pen_and_is_hatched(week: dict[str, bytes]) -> None:
    text = week["performance_dashboard.html"].decode()
    (chart,) = re.findall(r'<figure class="block" id="latency-1">(.*?)</figure>', text, re.DOTALL)
    lines = re.findall(r'<path d="(M[^"]+)" stroke="#1d5fa6"', chart)
    assert any(line.count("M") == 2 for line in lines)
    assert 'fill="url(#latency-1-hatch)"' in chart


@pytest.mark.parametrize(
    "name", ["executive_summary.json", "monitoring_report.json", "performance_analysis_report.json"]
)
@pytest.mark.parametrize("case", ["week", "hostile"])
def test_json_is_strict_sorted_and_versioned(name: str, case: str, request: pytest.FixtureRequest) -> None:
    content = request.getfixturevalue(case)[name]

    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    document = json.loads(content, parse_constant=refuse)
    assert document["schema_version"] == 1
    assert list(document) == sorted(document)
    assert document["simulated"] is (case == "week")
    assert re.fullmatch(r"2026-01-12T09:40:00\.000\+00:00", document["generated_at"])


def test_the_documents_say_what_the_pages_say(week: dict[str, bytes]) -> None:
    summary = json.loads(week["executive_summary.json"])
    (incident,) = summary["incidents"]
    assert (incident["service"], incident["acknowledged_by"], incident["alert_id"]) == ("backend-api", "mira", 41)
    assert summary["key_figures"]["revenue"]["mrr"]["value"] == 48210
    monitoring = json.loads(week["monitoring_report.json"])
    assert [service["name"] for service in monitoring["services"]] == [name for name, _ in samples.SERVICES]
    assert [event["kind"] for event in monitoring["alerts"][0]["events"]] == ["opened", "acknowledged"]
    assert monitoring["gaps"][0]["reason"] == "suspended"
    analysis = json.loads(week["performance_analysis_report.json"])
    assert analysis["verdict"]["sentence"] in week["performance_dashboard.html"].decode()


def test_the_same_data_gives_the_same_bytes(week: dict[str, bytes]) -> None:
    again = rendered(samples.week(simulated=True))
    assert {name for name in week if week[name] != again[name]} == set()


@pytest.mark.parametrize("case", [samples.nothing, samples.unmeasured, samples.one_point])
def test_nothing_to_draw_is_drawn_without_an_error(case: object) -> None:
    found = rendered(case())  # type: ignore[operator]
    assert len(found) == 9
    assert b"NaN" not in b"".join(content for name, content in found.items() if not name.endswith(".png"))


def test_a_page_without_measurements_does_not_say_that_all_is_well() -> None:
    page = rendered(samples.nothing(), "html")["performance_dashboard.html"].decode()
    assert (
        re.findall(r'<p class="none (\w+)">.*?(None: [^<]*)', page) == [("unknown", "None: nothing was measured.")] * 2
    )


def test_two_hundred_services_stay_in_the_budgets() -> None:
    data = samples.week(hours=2)
    services = tuple(replace(data.services[i % 7], name=f"service-{i:03d}", previous=()) for i in range(200))
    wanted = plan(["performance"], ["html", "png"])
    found = dict(build(replace(data, services=services), wanted, progress=lambda *step: None))
    assert len(found["performance_dashboard.html"]) <= 2_000_000
    assert len(found["performance_analysis.png"]) <= 500_000
    assert "The 16 worst of 200 services" in found["performance_dashboard.html"].decode()


def test_the_sample_in_the_repository_is_a_page_of_this_program_and_says_that_it_is_simulated() -> None:
    folder = Path(__file__).parents[2] / "exports" / "sample"
    page = (folder / "overview_dashboard.html").read_text(encoding="utf-8")
    assert "Simulated history" in page
    assert json.loads((folder / "executive_summary.json").read_text(encoding="utf-8"))["simulated"] is True
    assert sum(path.stat().st_size for path in folder.iterdir()) < 300_000


def test_markdown_and_csv_take_text_for_text() -> None:
    found = rendered(samples.hostile(), "md", "csv")
    page = found["overview_dashboard.md"].decode()
    assert "<img" not in page.replace("\\<img", "")
    assert found["executive_summary.md"].startswith(b"# Executive summary")
    assert any(name.startswith("revenue_dashboard_") and name.endswith(".csv") for name in found)


def test_templates_switch_escaping_off_nowhere() -> None:
    folder = package_files("amt_console.reports") / "templates"
    for template in folder.iterdir():
        text = template.read_text(encoding="utf-8")
        text = text.replace('<script type="application/json" id="chart-data">{{ data }}<', "", 1)
        text = text.replace("<script>{{ script }}<", "", 1)
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|\bstyle=|<script", text), template.name


def many_services(number: int) -> ReportData:
    """Very many calm services; the last one was down."""
    data = samples.week(hours=24)
    known = {each.name: each for each in data.services}
    calm = [replace(known["web-app"], name=f"service-{i:03d}", previous=()) for i in range(number - 1)]
    last = replace(known["backend-api"], name=f"service-{number - 1:03d}", previous=())
    return replace(data, services=(*calm, last))


def test_of_very_many_services_a_page_shows_the_worst_and_unfolds_the_others() -> None:
    page = rendered(many_services(60), "html")["performance_dashboard.html"].decode()
    assert re.findall(r"<li><bdi>(service-\d+)</bdi></li>", page) == ["service-059"]
    assert "The 1 worst of 60 services; of the others 59 were always up." in page
    table, _, _ = page.partition('id="trend-table"')[0].rpartition("</div>")
    services = table[table.index('id="service-table"') :]
    shown, _, folded = services.partition('<details class="rest"><summary>40 more rows</summary>')
    row = r'<th scope="row"><bdi>(service-\d+)</bdi>'
    assert len(re.findall(row, shown)) == 20
    assert re.findall(row, shown)[0] == "service-059"
    assert len(re.findall(row, folded)) == 40


def test_few_services_are_all_shown_in_their_own_order() -> None:
    page = rendered(many_services(12), "html")["performance_dashboard.html"].decode()
    assert re.findall(r"<li><bdi>(service-\d+)</bdi></li>", page) == [f"service-{i:03d}" for i in range(12)]
    assert "more rows" not in page


def test_a_chart_that_has_something_to_show_is_on_the_first_screen() -> None:
    page = rendered(replace(samples.week(hours=24), figures={}, history={}), "html")["overview_dashboard.html"].decode()
    first = page[page.index('<section class="first"') :]
    assert re.findall(r'<figure class="block" id="([^"]+)"', first)[0] == "states"
    assert page.count('id="states"') == 1
