"""The pages in headless Chromium: nothing fails, nothing is loaded, all can be read, and charts answer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from support import incidents
from support import report_samples as samples
from support.stores import laid_out

from amt_console.analysis import window_of
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.reports.build import build
from amt_console.reports.charts.base import COUNT_LABELS
from amt_console.reports.charts.lines import history_chart
from amt_console.reports.drawing import chart_marks
from amt_console.reports.files import plan
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.handover.export import handover_files
from amt_console.reports.handover.gather import gather_handover
from amt_console.reports.html import HtmlRenderer
from amt_console.reports.incident.build import incident_files
from amt_console.reports.incident.gather import gather_incident
from amt_console.reports.page import Mark, MarkKind, PageChart, PageSection, ReportPage
from amt_console.reports.times import Times, zone_of
from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.chromium]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PARTS = ("overview", "chatbot", "revenue", "performance", "executive")
DASHBOARDS = tuple(f"{part}_dashboard" for part in PARTS[:4])
PAGES = (*DASHBOARDS, "executive_summary")
SCREENS = ((1280, 900), (390, 844))
HOSTILE = "</script><img src=x onerror=alert(1)> =1+1 \u202egnp"


@dataclass
class Watched:
    """A page, and all that the browser complained of or asked for."""

    page: Page
    trouble: list[str]

    def open(self, path: Path, *, width: int = 1280, height: int = 900) -> Page:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


def window(browser: Browser, *, scripts: bool) -> Iterator[Watched]:
    """One for all tests: each new one costs a process of the browser."""
    # A reader far away from the zone of the page.
    context = browser.new_context(java_script_enabled=scripts, timezone_id="Asia/Tokyo", reduced_motion="reduce")
    page = context.new_page()
    found = Watched(page, [])
    page.on("console", lambda message: found.trouble.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.trouble.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: None if request.is_navigation_request() else found.trouble.append(f"asked for {request.url}"),
    )
    yield found
    context.close()


def watched(found: Watched) -> Iterator[Watched]:
    """A window as it was when it was new."""
    found.page.goto("about:blank")
    found.page.mouse.move(0, 0)
    found.page.emulate_media(media="null", color_scheme="null")
    found.trouble.clear()
    yield found
    assert found.trouble == []


@pytest.fixture(scope="module")
def live_window(browser: Browser) -> Iterator[Watched]:
    yield from window(browser, scripts=True)


@pytest.fixture(scope="module")
def still_window(browser: Browser) -> Iterator[Watched]:
    yield from window(browser, scripts=False)


@pytest.fixture
def live(live_window: Watched) -> Iterator[Watched]:
    yield from watched(live_window)


@pytest.fixture
def still(still_window: Watched) -> Iterator[Watched]:
    yield from watched(still_window)


@pytest.fixture(scope="module")
def folder(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages: of a week, of hostile text, of nothing at all, of a single sample."""
    root = tmp_path_factory.mktemp("pages")
    cases: dict[str, ReportData] = {
        "week": samples.week(simulated=True),
        "hostile": samples.hostile(),
        "nothing": samples.nothing(),
        "one": samples.one_point(),
    }
    for case, data in cases.items():
        (root / case).mkdir()
        for name, content in build(data, plan(list(PARTS), ["html"]), progress=lambda *step: None):
            (root / case / name).write_bytes(content)
    return root


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def complaints(page: Page) -> list[Any]:
    """What axe-core finds wrong, with the elements."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found]


@pytest.mark.parametrize("case", ["week", "hostile", "nothing", "one"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_clean_and_fits_its_screen(live: Watched, folder: Path, case: str, name: str) -> None:
    for width, height in SCREENS:
        page = live.open(folder / case / f"{name}.html", width=width, height=height)
        assert overflow(page) <= 0
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_in_light_and_dark(live: Watched, folder: Path, name: str) -> None:
    for scheme, width in (("light", 1280), ("dark", 390)):
        live.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page = live.open(folder / "week" / f"{name}.html", width=width)
        assert complaints(page) == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_without_scripts_a_page_is_complete(still: Watched, folder: Path, name: str) -> None:
    for width, height in SCREENS:
        page = still.open(folder / "week" / f"{name}.html", width=width, height=height)
        assert overflow(page) <= 0
        assert page.locator(".plot svg.marks path").count() > 3
        sizes = page.evaluate(
            "[...document.querySelectorAll('.plot text')].map((t) => parseFloat(getComputedStyle(t).fontSize))"
        )
        assert min(sizes) >= 10
        assert page.locator(".probe, .readout, .hint").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_labels_of_the_time_axis_touch_nowhere(still: Watched, folder: Path, width: int) -> None:
    page = still.open(folder / "week" / "performance_dashboard.html", width=width)
    touching = page.evaluate(
        """[...document.querySelectorAll('.ticks')].filter((ticks) => {
            const texts = [...ticks.querySelectorAll('text')];
            const boxes = texts.map((text) => text.getBoundingClientRect()).filter((box) => box.width);
            return boxes.length < 2 || boxes.some((b, i) => i > 0 && b.left < boxes[i - 1].right + 2);
        }).length"""
    )
    assert touching == 0


def test_print_is_light_and_shows_the_evidence_of_all_advice(still: Watched, folder: Path) -> None:
    page = still.open(folder / "week" / "performance_dashboard.html")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(24, 33, 44)"
    facts = page.locator("#advice-list .facts li")
    assert facts.count() > 0
    assert all(each.is_visible() for each in facts.all())


def probe(page: Page, chart: str) -> Any:
    """The layer of a chart that answers, once the chart was scrolled into view."""
    page.locator(f"#{chart}").scroll_into_view_if_needed()
    return page.locator(f"#{chart} .probe")


def labels(page: Page, chart: str) -> list[str]:
    """The labels that are shown under a chart."""
    texts = "(texts) => texts.filter((t) => t.getBoundingClientRect().width).map((t) => t.textContent)"
    return list(page.locator(f"#{chart} .ticks text").evaluate_all(texts))


def test_pointing_reads_off_a_value_and_crosses_all_charts(live: Watched, folder: Path) -> None:
    page = live.open(folder / "week" / "performance_dashboard.html")
    own = probe(page, "latency-1")
    box = own.bounding_box()
    own.hover(position={"x": box["width"] / 4, "y": 40})
    told = page.locator("#latency-1 .readout").inner_text()
    assert re.match(r"(Mon|Tue|Wed) \d Jan \d\d:30 UTC\n", told)
    assert re.search(r"median\s+\d+(\.\d+)? ms\s+95th percentile\s+\d+(\.\d+)? ms", told)
    assert page.locator("#latency-0 .cross").is_visible()
    assert page.locator("#latency-0 .readout").is_visible()
    page.mouse.move(2, 2)
    assert not page.locator("#latency-0 .cross").is_visible()


def test_dragging_zooms_all_charts_and_escape_a_double_click_or_the_button_shows_all(
    live: Watched, folder: Path
) -> None:
    page = live.open(folder / "week" / "performance_dashboard.html")
    own = probe(page, "latency-1")
    whole = labels(page, "latency-0"), page.locator("#latency-0 svg.marks").get_attribute("viewBox")

    def zoom_in() -> None:
        box = own.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 42, steps=3)
        page.mouse.up()
        assert page.locator(".zoombar").is_visible()
        assert page.locator("#latency-0 svg.marks").get_attribute("viewBox") != whole[1]
        assert any(re.fullmatch(r"\w+ \d\d:\d\d", label) for label in labels(page, "latency-0"))

    def is_whole() -> None:
        assert not page.locator(".zoombar").is_visible()
        assert labels(page, "latency-0") == whole[0]
        assert page.locator("#latency-0 svg.marks").get_attribute("viewBox") == whole[1]

    zoom_in()
    own.press("Escape")
    is_whole()
    zoom_in()
    own.dblclick(position={"x": 50, "y": 40})
    is_whole()
    zoom_in()
    page.get_by_role("button", name="Show all").click()
    is_whole()


def test_the_keyboard_reads_off_selects_and_zooms(live: Watched, folder: Path) -> None:
    page = live.open(folder / "week" / "performance_dashboard.html")
    own = probe(page, "latency-1")
    own.focus()
    own.press("Home")
    first = own.get_attribute("aria-valuetext")
    own.press("ArrowRight")
    assert own.get_attribute("aria-valuetext") != first
    assert re.match(r"\w+ \d+ Jan \d\d:\d\d UTC: median \d", own.get_attribute("aria-valuetext"))
    for _ in range(6):
        own.press("Shift+ArrowRight")
    own.press("Enter")
    assert page.locator(".zoombar").is_visible()
    own.press("Escape")
    assert not page.locator(".zoombar").is_visible()
    own.press("+")
    assert page.locator(".zoombar").is_visible()


@pytest.fixture(scope="module")
def small(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of one chart: one over each change of the clocks, one with marks and the period before."""
    root = tmp_path_factory.mktemp("small")
    times = Times(zone_of("Europe/Berlin"))
    cases = {
        "autumn": (datetime(2025, 10, 26, 23, tzinfo=UTC), 25),
        "spring": (datetime(2025, 3, 30, 22, tzinfo=UTC), 23),
    }
    renderer = HtmlRenderer()
    for name, (end, hours) in cases.items():
        window = window_of(end, hours)
        points = [(at, float(index)) for index, at in enumerate(window.starts())]
        before = [(at - (window.end - window.start), value / 2) for at, value in points]
        marks = (
            Mark(window.start + timedelta(hours=6), MarkKind.INCIDENT, f"api down {HOSTILE}"),
            Mark(window.start + timedelta(hours=8), MarkKind.ACTION, "mira acknowledged"),
        )
        spec = history_chart(points, window, times, labels=COUNT_LABELS, name="users", previous=before, marks=marks)
        chart = PageChart("users", f"Users {HOSTILE}", "", "Users over a day.", spec)
        page = ReportPage(
            part="overview",
            file_name="x.html",
            title="Users",
            subject="",
            meta=(("Time zone", times.name),),
            notices=(),
            verdict=ReportVerdict(Tone.OK, "OK", "All is well."),
            cards=(),
            sections=(PageSection("users-part", "Users", (chart,)),),
            method=(),
            siblings=(),
        )
        text = renderer.render(page, chart_marks)
        (root / f"{name}.html").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("season", "at", "shown", "hidden"),
    [("autumn", 0.17, ["02:00 CEST", "02:00 CET", "03:00"], []), ("spring", 0.17, ["01:00", "03:00"], ["02:00"])],
)
def test_a_zoomed_axis_is_in_the_page_s_zone_where_the_clocks_change(
    live: Watched, small: Path, season: str, at: float, shown: list[str], hidden: list[str]
) -> None:
    page = live.open(small / f"{season}.html")
    own = probe(page, "users")
    box = own.bounding_box()
    page.mouse.move(box["x"] + box["width"] * (at - 0.13), box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (at + 0.07), box["y"] + 40, steps=3)
    page.mouse.up()
    found = " ".join(labels(page, "users"))
    assert all(label in found for label in shown), found
    assert not any(label in found for label in hidden), found


def test_marks_and_the_period_before_are_read_off_too(live: Watched, small: Path) -> None:
    page = live.open(small / "autumn.html")
    listed = page.locator(".marks-list li").all_inner_texts()
    assert "Sun 26 Oct 05:00 api down </script><img src=x" in listed[0]
    assert "mira acknowledged" in listed[1]
    own = probe(page, "users")
    box = own.bounding_box()
    own.hover(position={"x": box["width"] * 8 / 25, "y": 40})
    told = page.locator("#users .readout").inner_text()
    assert "mira acknowledged" in told
    assert re.search(r"users\s+96\s+before\s+48\s", told)
    assert "CET" in told


def test_a_very_long_text_is_cut_on_a_phone_and_shown_whole_on_a_tap(still: Watched, folder: Path) -> None:
    page = still.open(folder / "hostile" / "performance_dashboard.html", width=390, height=844)
    version = page.locator(".meta .long").first
    cut = version.bounding_box()
    assert cut is not None
    assert cut["height"] < 100
    version.click()
    whole = version.bounding_box()
    assert whole is not None
    assert whole["height"] > 2 * cut["height"]
    assert overflow(page) <= 0


def test_the_period_stands_on_one_line(still: Watched, folder: Path) -> None:
    page = still.open(folder / "week" / "performance_dashboard.html")
    period = page.locator(".meta dd").first
    box = period.bounding_box()
    assert box is not None
    assert box["height"] < 30


def test_a_chart_of_many_lanes_is_printed_lower_so_that_it_fits_below_the_figures(still: Watched, folder: Path) -> None:
    page = still.open(folder / "week" / "performance_dashboard.html")
    page.emulate_media(media="print")
    try:
        few, many = page.evaluate(
            """() => {
                const list = document.querySelector("#states .lanes"), lane = list.firstElementChild;
                const height = () => lane.getBoundingClientRect().height;
                const before = height();
                while (list.children.length < 16) list.append(lane.cloneNode(true));
                return [before, height()];
            }"""
        )
    finally:
        page.emulate_media(media="null")
    assert few == 30
    assert many == pytest.approx(21, abs=0.5)


@pytest.mark.parametrize("case", ["week", "hostile", "nothing"])
def test_the_executive_summary_prints_on_one_page(still: Watched, folder: Path, case: str) -> None:
    page = still.open(folder / case / "executive_summary.html")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.fixture(scope="module")
def told(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An incident and a hand-over in which every name is one very long word of markup."""
    word = "</script><img/src=x/onerror=alert(1)>" + "A" * 300
    root = tmp_path_factory.mktemp("told")
    url = laid_out(root / "monitoring.db")
    with Store.open(url, clock=FakeClock(incidents.NOW)) as store:
        ids = incidents.plant(store)
        with store.read() as reads:
            targets, settings, now = incidents.TARGETS, Settings(), incidents.NOW
            found = gather_incident(reads, ids["api"], targets=targets, settings=settings, zone="UTC", made_at=now)
            shift = gather_handover(reads, targets=targets, settings=settings, zone="UTC", now=incidents.after(5))
    assert found is not None
    episode = replace(found.episode, subject=word, message=word, note=word, acknowledged_by=word)
    events = tuple(replace(each, actor=word, message=word, note=word) for each in found.events)
    charts = tuple(replace(each, subject=word) for each in found.charts)
    hostile = replace(found, episode=episode, events=events, charts=charts)
    fired = tuple(replace(each, episode=replace(each.episode, subject=word, message=word)) for each in shift.fired)
    shift = replace(shift, fired=fired, open=fired, version=word)
    pages = (
        *incident_files(hostile, (("incident", "html", "incident.html"),), progress=lambda *step: None),
        *handover_files(shift, (("handover", "html", "handover.html"),), progress=lambda *step: None),
    )
    for name, content in pages:
        (root / name).write_bytes(content)
    return root


@pytest.mark.parametrize("name", ["incident", "handover"])
def test_an_incident_and_a_hand_over_fit_every_screen_whatever_they_are_told(
    live: Watched, told: Path, name: str
) -> None:
    for (width, height), scheme in zip(SCREENS, ("light", "dark"), strict=True):
        live.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page = live.open(told / f"{name}.html", width=width, height=height)
        assert overflow(page) <= 0
        assert page.locator("img").count() == 0
        assert complaints(page) == []
