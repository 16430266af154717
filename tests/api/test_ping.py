"""``/ping/KEY``: jobs report without a token, by their key."""

from __future__ import annotations

import pytest
from api.conftest import PING_KEY, Receiving

from amt_console.api.auth.rates import RateLimit
from amt_console.api.auth.token_callers import Rates
from amt_console.api.limits import shown_path
from amt_console.api.routes.ping import PINGS, UNKNOWN_KEYS
from amt_console.model.inbound import MAX_OUTPUT_BYTES, PingKind
from amt_console.store import audit_entries


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    ("end", "kind", "code"),
    [
        ("", PingKind.SUCCESS, None),
        ("/start", PingKind.START, None),
        ("/fail", PingKind.FAIL, None),
        ("/0", PingKind.SUCCESS, 0),
        ("/1", PingKind.FAIL, 1),
        ("/255", PingKind.FAIL, 255),
    ],
)
def test_each_way_to_report(receiving: Receiving, method: str, end: str, kind: PingKind, code: int | None) -> None:
    answer = receiving.client.request(method, f"/ping/{PING_KEY}{end}")
    assert answer.status_code == 200
    assert answer.text == ("" if method == "HEAD" else "OK")
    (ping,) = receiving.pings()
    assert (ping.heartbeat, ping.kind, ping.exit_code, ping.at) == ("backup", kind, code, receiving.clock.now())


def test_a_run_may_name_itself(receiving: Receiving) -> None:
    run = "f2c4b9a0-7c1d-4a52-9d2e-0d5c1a6b7e8f"
    for end in ("/start", "", "/3"):
        assert receiving.client.get(f"/ping/{PING_KEY}{end}?rid={run.upper()}").status_code == 200
    assert [ping.run for ping in receiving.pings()] == [run] * 3
    refused = receiving.client.get(f"/ping/{PING_KEY}?rid=the-second")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert "rid" in refused.json()["detail"]
    assert len(receiving.pings()) == 3


@pytest.mark.parametrize(
    "path", ["/ping/unknown", "/ping/unknown/start", f"/ping/{PING_KEY}x", f"/ping/{PING_KEY[:-1]}", "/ping/%00"]
)
def test_an_unknown_key_is_not_found(receiving: Receiving, path: str) -> None:
    answer = receiving.client.post(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert receiving.arrivals() == []


@pytest.mark.parametrize("end", ["/256", "/-1", "/stop", "/1.5", "/٣", "/0000"])
def test_what_is_neither_a_word_nor_an_exit_code_is_not_found(receiving: Receiving, end: str) -> None:
    assert receiving.client.get(f"/ping/{PING_KEY}{end}").status_code == 404
    assert receiving.arrivals() == []


def test_keys_cannot_be_guessed_quickly_and_jobs_are_not_locked_out(receiving: Receiving) -> None:
    answers = [receiving.client.get(f"/ping/guess-{number}").status_code for number in range(UNKNOWN_KEYS + 2)]
    assert answers == [404] * UNKNOWN_KEYS + [429, 429]
    assert receiving.client.get(f"/ping/{PING_KEY}").status_code == 200
    receiving.clock.advance(10.0)
    assert receiving.client.get("/ping/guess").status_code == 404


@pytest.mark.slow
def test_a_job_that_runs_wild_is_slowed_down(receiving: Receiving) -> None:
    answers = [receiving.client.get(f"/ping/{PING_KEY}") for _ in range(PINGS + 1)]
    assert [answer.status_code for answer in answers] == [200] * PINGS + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_key_is_in_no_record_of_what_was_refused() -> None:
    assert shown_path(f"/ping/{PING_KEY}/start") == "/ping/****"
    assert shown_path("/acknowledge/eyJ.signed") == "/acknowledge/****"
    assert shown_path("/api/v1/alerts/1") == "/api/v1/alerts/1"


def test_an_address_that_asks_too_often_is_noted_without_the_key(receiving: Receiving) -> None:
    callers = receiving.app.state.callers
    callers._rates = Rates(address=RateLimit(receiving.clock, burst=1, seconds_each=60.0))
    assert [receiving.client.get(f"/ping/{PING_KEY}").status_code for _ in range(2)] == [200, 429]
    refusals = receiving.app.state.served.refusals
    refusals.close()
    with receiving.store.read() as reads:
        noted = [entry for entry in audit_entries(reads) if "ping" in repr(entry)]
    assert noted
    assert PING_KEY not in repr(noted)


def test_the_end_of_the_body_is_kept_safe_and_without_secrets(receiving: Receiving) -> None:
    body = b"x" * 20_000 + b"\npassword=hunter2 \x1b[31mred\x1b[0m key " + PING_KEY.encode() + b"\nlast line\n"
    assert receiving.client.post(f"/ping/{PING_KEY}/1", content=body).status_code == 200
    (ping,) = receiving.pings()
    output = ping.output or ""
    assert output.endswith("last line")
    assert len(output) <= MAX_OUTPUT_BYTES
    assert "hunter2" not in output
    assert PING_KEY not in output
    assert "\x1b" not in output


def test_a_body_over_a_mebibyte_is_refused(receiving: Receiving) -> None:
    assert receiving.client.post(f"/ping/{PING_KEY}", content=b"x" * (1024 * 1024)).status_code == 200
    assert receiving.client.post(f"/ping/{PING_KEY}", content=b"x" * (1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize(
    ("given", "taken"), [("1500.25", 1500.25), ("0", 0.0), ("-1", None), ("nan", None), ("1e9", None), ("", None)]
)
def test_the_job_may_say_how_long_it_took(receiving: Receiving, given: str, taken: float | None) -> None:
    receiving.client.post(f"/ping/{PING_KEY}", headers={"amt-duration-ms": given})
    assert receiving.pings()[0].duration_ms == taken
