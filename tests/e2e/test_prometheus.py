"""A real Prometheus scrapes a real monitor, and its rules see an outage."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from support.http_servers import unused_port
from support.platform import Platform, serving
from support.programs import Place, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed"),
]
ROOT = Path(__file__).parents[2]


@contextmanager
def prometheus(folder: Path, target: str, token: str) -> Iterator[httpx.Client]:
    """A Prometheus with our rules, sped up, that scrapes ``target``; yields a client of its API."""
    rules = (ROOT / "config" / "grafana" / "alert_rules.yml").read_text("utf-8")
    (folder / "rules.yml").write_text(rules.replace("for: 1m", "for: 1s"))
    (folder / "token").write_text(token)
    (folder / "prometheus.yml").write_text(
        f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: amt-console
    authorization: {{credentials_file: {folder}/token}}
    static_configs: [{{targets: ["{target}"]}}]
  - job_name: discovered
    scrape_interval: 1h
    http_sd_configs:
      - url: http://{target}/api/v1/sd
        refresh_interval: 1s
        authorization: {{type: Bearer, credentials_file: {folder}/token}}
    relabel_configs:
      - {{source_labels: [__meta_amt_service], target_label: service}}
      - {{target_label: __address__, replacement: "127.0.0.1:9"}}
"""
    )
    log = (folder / "prometheus.log").open("w")
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            "--web.listen-address=127.0.0.1:0",
        ],
        stdout=log,
        stderr=log,
    )
    try:
        until(lambda: _address(folder) is not None)
        with httpx.Client(base_url=f"http://{_address(folder)}", timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _address(folder: Path) -> str | None:
    """Where it listens, by its log."""
    for line in (folder / "prometheus.log").read_text().splitlines():
        if "Listening on" in line and "address=" in line:
            return line.partition("address=")[2].split()[0]
    return None


def _query(client: httpx.Client, expression: str) -> list[tuple[dict[str, str], float]]:
    answer = client.get(f"/api/v1/query?query={quote(expression)}").json()
    return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as running:
        yield running


def test_prometheus_scrapes_the_monitor_and_its_rules_see_an_outage(tmp_path: Path, platform: Platform) -> None:
    place = Place(tmp_path / "home", web=platform.url)
    port = unused_port()
    place.write(api={"enabled": True, "port": port})
    with place.monitor() as monitor:
        token = place.run("token", "create", "prometheus", "--role", "probe").stdout.strip()
        address = f"127.0.0.1:{port}"
        folder = tmp_path / "prometheus"
        folder.mkdir()
        with prometheus(folder, address, token) as client:
            until(lambda: _query(client, 'amt_service_up{service="web"} == 1'))
            until(lambda: _query(client, 'amt_service_checks_total{service="web", state="up"} > 1'))
            until(lambda: _query(client, 'amt_probe_duration_seconds_count{phase="total"} > 1'))
            until(lambda: "web" in _discovered(client))
            assert _query(client, "amt_build_info")
            platform.status = 500
            until(lambda: _query(client, 'ALERTS{alertname="AmtServiceDown", alertstate="firing", service="web"}'))
            until(lambda: _query(client, 'amt_alerts{severity="critical", state="firing"} == 1'))
        assert monitor.poll() is None


def _discovered(client: httpx.Client) -> list[str]:
    targets = client.get("/api/v1/targets").json()["data"]["activeTargets"]
    return [target["labels"]["service"] for target in targets if target["labels"]["job"] == "discovered"]
