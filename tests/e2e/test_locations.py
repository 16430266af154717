"""Three monitors in three locations on one PostgreSQL database: one that is cut off alarms nobody, two do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.platform import Platform, serving
from support.programs import ServerPlace, end, holder_pid, until
from support.stores import postgres_url

__all__ = ["postgres_url"]
pytestmark = [pytest.mark.pty, pytest.mark.postgres]


class Location(ServerPlace):
    """A host of its own; the platform knows by a header from where it is asked."""

    def __init__(self, home: Path, url: str, platform: Platform, name: str) -> None:
        super().__init__(home, url, api=platform.url)
        self.name = name
        self.document["services"][0]["headers"] = {"X-Location": "${WHERE}"}
        self.write()

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, "WHERE": self.name}

    def status(self) -> dict[str, Any]:
        document: dict[str, Any] = self.ask("status", "--json")
        return document

    def api(self) -> dict[str, Any]:
        (api,) = [each for each in self.status()["services"] if each["name"] == "api"]
        return api

    def alerts(self) -> list[dict[str, Any]]:
        return [each for each in self.status()["alerts"] if each["alert_type"] == "service_down"]

    def doctor(self) -> list[tuple[str, str]]:
        found = self.ask("doctor", "--json")
        return [(each["health"], each["message"]) for each in found if each["message"].startswith("location")]


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as started:
        yield started


@pytest.fixture
def places(tmp_path: Path, postgres_url: str, platform: Platform) -> dict[str, Location]:
    return {name: Location(tmp_path / name, postgres_url, platform, name) for name in ("fra", "nyc", "sgp")}


def test_two_of_three_alarm_and_the_alert_outlives_the_one_that_evaluates(
    places: dict[str, Location], platform: Platform
) -> None:
    with ExitStack() as stack:
        started = {}
        for name, place in places.items():
            started[name] = place.start("monitor", "--location", name)
            stack.callback(end, started[name])
            if name == "fra":
                until(lambda: holder_pid(places["fra"].url) == started["fra"].pid)
        here = places["nyc"]
        until(lambda: [(each["name"], each["state"]) for each in here.api()["locations"]] == three("up", "up", "up"))
        assert sorted(health for health, _ in here.doctor()) == ["ok", "ok", "ok"]

        platform.cut_off = {"nyc"}
        until(lambda: here.api()["state"] == "degraded")
        api = here.api()
        assert api["error"].startswith("down from nyc (1 of 3): got 503 Service Unavailable")
        assert here.alerts() == []

        platform.cut_off = {"nyc", "sgp"}
        until(lambda: [each["state"] for each in here.alerts()] == ["firing"])
        (alert,) = here.alerts()
        assert alert["message"].startswith("api is down: from nyc, sgp (2 of 3): got 503 Service Unavailable")

        started["fra"].kill()
        until(lambda: holder_pid(here.url) in (started["nyc"].pid, started["sgp"].pid), 15)
        until(lambda: here.api()["error"].startswith("from nyc, sgp (2 of 2)"))
        assert [each["id"] for each in here.alerts()] == [alert["id"]]
        until(lambda: "warning" in {health for health, _ in here.doctor()})

        platform.cut_off = {"nyc"}
        until(lambda: here.alerts() == [])
        detail = here.ask("alerts", "show", str(alert["id"]), "--json")
        kinds = [event["kind"] for event in detail["events"]]
        assert (kinds.count("fired"), kinds.count("resolved")) == (1, 1)


def three(*states: str) -> list[tuple[str, str]]:
    return list(zip(("fra", "nyc", "sgp"), states, strict=True))
