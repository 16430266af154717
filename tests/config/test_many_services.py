"""A configuration may name as many services as its file can hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from amt_console.config import load_config, targets

pytestmark = pytest.mark.slow


def test_five_thousand_services_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    services = [{"name": f"service-{index}", "url": f"https://shop.example/{index}"} for index in range(5000)]
    path.write_text(json.dumps({"services": services}), encoding="utf-8")
    settings = load_config(path, env={}).settings
    assert len(targets(settings, store_url=f"sqlite:///{tmp_path / 'monitoring.db'}", env={})) >= 5000
