"""Values of checks as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.stores import laid_out

from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.console.cards.value_lines import value_lines
from amt_console.model import ProbeResult, ServiceState, Value
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.json_views import service_json
from amt_console.operations.record_json import service_detail_json
from amt_console.operations.service_detail import service_detail
from amt_console.operations.views import service_view
from amt_console.operations.windows import ServiceWindows
from amt_console.store import Store
from widgets.look import PLAIN_LOOK

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLUGIN = {"name": "disks", "command": ["check_disk"], "interval": 60}


BASES = {"api_base_url": "", "web_app_url": "", "mobile_app_url": ""}


def measured(minute: int) -> ProbeResult:
    values = {"/var": Value(float(minute), "%", warning="90", high=100.0), f"v{minute % 2}": Value(1.0)}
    return ProbeResult("disks", START + timedelta(minutes=minute), ServiceState.UP, 60.0, values=values)


def test_values_are_in_the_status_the_detail_and_the_past(tmp_path: Path) -> None:
    settings = Settings.model_validate({**BASES, "services": [], "plugins": [PLUGIN]})
    (target,) = targets(settings, env={})
    clock = FakeClock()
    store = Store.open(laid_out(tmp_path / "m.db"), clock=clock)
    try:
        with store.transaction() as writes:
            writes.add_results([measured(minute) for minute in range(31)])
        end = START + timedelta(minutes=30, seconds=5)
        past = START + timedelta(minutes=10, seconds=30)
        with store.read() as reads:
            status = reads.services.statuses()["disks"]
            view = service_view(target, status, ServiceWindows(), (), end)
            detail = service_detail(reads, view, end, 1.0, AlertViews((), (target,)))
            before = service_detail(reads, view, end, 1.0, AlertViews((), (target,)), at=past)
    finally:
        store.close()
    assert service_json(view)["values"]["/var"] == {
        "value": 30.0,
        "unit": "%",
        "warning": "90",
        "critical": None,
        "min": None,
        "max": 100.0,
    }
    assert (view.kind, view.url) == ("plugin", "plugin:check_disk")
    first, second, third = detail.values
    assert (first.name, first.least, first.most, first.unit) == ("/var", 0.0, 30.0, "%")
    assert [each for each in first.means if each is not None] == [float(minute) for minute in range(31)]
    assert (second.name, third.name, third.now) == ("v0", "v1", None)
    assert before.values[0].most == 9.0, "the minute that goes on behind the past moment tells what came later"
    document = service_detail_json(detail)
    assert document["value_history"][0]["max"] == 30.0
    lines = ["".join(text for text, _ in runs) for runs in value_lines(detail.values, PLAIN_LOOK)]
    assert lines[0].startswith("/var  30 % of 100 %")
    assert lines[0].endswith("0 % to 30 %")
