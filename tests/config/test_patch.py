"""A configuration with a patch."""

from __future__ import annotations

from amt_console.config.files.patch import patched

DOCUMENT = {
    "check_interval": 60,
    "alert_thresholds": {"cpu_usage_percent": 80, "disk_usage_percent": 90},
    "services": [{"name": "shop", "url": "https://shop.example"}, {"name": "cart", "url": "https://cart.example"}],
    "recheck": [1, 2],
}


def test_tables_are_merged_and_lists_of_tables_by_name() -> None:
    patch = {
        "check_interval": 30,
        "alert_thresholds": {"cpu_usage_percent": 95},
        "services": [{"name": "cart", "degraded_above_ms": 900}, {"name": "new", "url": "https://new.example"}],
        "rules": [{"name": "r"}],
        "recheck": [1],
    }
    found = patched(DOCUMENT, patch)
    assert found["check_interval"] == 30
    assert found["alert_thresholds"] == {"cpu_usage_percent": 95, "disk_usage_percent": 90}
    assert [each["name"] for each in found["services"]] == ["shop", "cart", "new"]
    assert found["services"][1] == {"name": "cart", "url": "https://cart.example", "degraded_above_ms": 900}
    assert found["rules"] == [{"name": "r"}]
    assert found["recheck"] == [1]
    assert DOCUMENT["check_interval"] == 60


def test_what_is_no_table_replaces() -> None:
    assert patched({"services": 3}, {"services": [{"name": "x"}]}) == {"services": [{"name": "x"}]}
    assert patched({"rules": [{"name": 1}]}, {"rules": [{"name": "x"}]})["rules"] == [{"name": 1}, {"name": "x"}]
