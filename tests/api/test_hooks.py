"""Hooks: Alertmanager's, Grafana's, and the generic one with its signatures."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from api.conftest import HOOK_SECRETS, Receiving

from amt_console.api.auth.tokens import NewToken
from amt_console.api.hooks.bodies import safe_link, severity_of
from amt_console.model import Severity
from amt_console.notify.channels.signature import signed_headers

Make = Callable[..., NewToken]
START = "2026-01-05T11:55:00.123456789Z"
NEVER = "0001-01-01T00:00:00Z"


def alert(status: str = "firing", **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "HighErrorRate", "service": "checkout", "severity": "page"},
        "annotations": {"summary": "5 % of requests fail", "runbook_url": "https://wiki.example/errors"},
        "startsAt": START,
        "endsAt": NEVER,
        "generatorURL": "http://prometheus:9090/graph?g0.expr=x",
        "fingerprint": "c6eadffa33fcdf37",
        **more,
    }


def body(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As Alertmanager 0.27 writes it."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "amt",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
        **more,
    }


class TestAlertmanager:
    @pytest.fixture
    def post(self, receiving: Receiving, make_token: Make) -> Callable[..., int]:
        headers = {"authorization": f"Bearer {make_token().text}"}

        def post(document: Any, source: str = "alertmanager") -> int:
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            return receiving.client.post(f"/api/v1/hooks/{source}", content=content, headers=headers).status_code

        return post

    @pytest.mark.parametrize("source", ["alertmanager", "grafana"])
    def test_an_alert_is_taken_with_what_people_need(
        self, receiving: Receiving, post: Callable[..., int], source: str
    ) -> None:
        assert post(body(alert(), groupKey=None, receiver=None), source) == 200
        (taken,) = receiving.alerts()
        assert (taken.key, taken.firing) == (f"external/{source}/c6eadffa33fcdf37", True)
        assert (taken.subject, taken.severity, taken.message) == (
            "checkout",
            Severity.CRITICAL,
            "5 % of requests fail",
        )
        assert taken.started_at == datetime(2026, 1, 5, 11, 55, 0, 123456, tzinfo=UTC)
        assert (taken.ends_at, taken.runbook) == (None, "https://wiki.example/errors")
        assert "alertname = HighErrorRate" in (taken.answer or "")

    def test_the_status_of_each_alert_counts_and_not_that_of_the_group(
        self, receiving: Receiving, post: Callable[..., int]
    ) -> None:
        over = alert("resolved", fingerprint="b", endsAt="2026-01-05T11:59:00Z")
        assert post(body(alert(fingerprint="a"), over)) == 200
        assert [(each.fingerprint, each.firing) for each in receiving.alerts()[:2]] == [("a", True), ("b", False)]

    def test_an_end_in_the_future_is_kept(self, receiving: Receiving, post: Callable[..., int]) -> None:
        post(body(alert(endsAt="2026-01-05T12:10:00+00:00")))
        assert receiving.alerts()[0].ends_at == datetime(2026, 1, 5, 12, 10, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("field", "moment"),
        [
            ("startsAt", "0001-01-01T00:00:00+14:00"),
            ("startsAt", "9999-12-31T23:59:59-14:00"),
            ("endsAt", "0001-01-01T00:00:00+14:00"),
            ("endsAt", "9999-12-31T23:59:59-14:00"),
        ],
    )
    def test_moments_at_the_ends_of_time_are_bounded(
        self, receiving: Receiving, post: Callable[..., int], field: str, moment: str
    ) -> None:
        assert post(body(alert(**{field: moment}))) == 200
        taken = receiving.alerts()[0]
        assert datetime(1971, 1, 1, tzinfo=UTC) <= taken.started_at <= receiving.clock.now()
        assert taken.ends_at is None

    def test_the_answer_counts_the_alerts_of_the_body(self, receiving: Receiving, make_token: Make) -> None:
        headers = {"authorization": f"Bearer {make_token().text}"}

        def taken(document: dict[str, Any]) -> Any:
            return receiving.client.post("/api/v1/hooks/alertmanager", json=document, headers=headers).json()

        assert taken(body(alert(fingerprint="a"), alert(fingerprint="b"))) == {"taken": 2}
        assert taken(body(alert(), truncatedAlerts=3)) == {"taken": 1}
        assert taken(body()) == {"taken": 0}

    @pytest.mark.parametrize(
        ("labels", "subject"),
        [
            ({"service": "s", "instance": "i", "job": "j", "alertname": "a"}, "s"),
            ({"instance": "i", "job": "j", "alertname": "a"}, "i"),
            ({"service": " ", "job": "j", "alertname": "a"}, "j"),
            ({"alertname": "a"}, "a"),
            ({}, "alertmanager"),
        ],
    )
    def test_the_subject(
        self, receiving: Receiving, post: Callable[..., int], labels: dict[str, str], subject: str
    ) -> None:
        assert post(body(alert(labels=labels))) == 200
        assert receiving.alerts()[0].subject == subject

    @pytest.mark.parametrize(
        ("annotations", "message"),
        [
            ({"summary": "s", "description": "d"}, "s"),
            ({"description": "d\nsecond"}, "d second"),
            ({}, "HighErrorRate"),
            (None, "HighErrorRate"),
        ],
    )
    def test_the_message(self, receiving: Receiving, post: Callable[..., int], annotations: Any, message: str) -> None:
        assert post(body(alert(annotations=annotations))) == 200
        assert receiving.alerts()[0].message == message

    def test_hostile_texts_are_made_safe_and_cut(self, receiving: Receiving, post: Callable[..., int]) -> None:
        evil = "\x1b]0;owned\x07\u202e<script>" + "x" * 50_000
        labels = {"service": evil, "severity": evil, "alertname": evil}
        assert (
            post(body(alert(labels=labels, annotations={"summary": evil, "runbook_url": "javascript:alert(1)"}))) == 200
        )
        taken = receiving.alerts()[0]
        for text in (taken.subject, taken.message, taken.answer or ""):
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert "\x07" not in text
            assert len(text) <= 2048
        assert len(taken.subject) <= 200
        assert taken.runbook is None
        assert taken.severity is Severity.WARNING

    @pytest.mark.parametrize("fingerprint", ["../../x", "a" * 300, "", None, "ü", "a\n"])
    def test_any_fingerprint_is_an_identity(
        self, receiving: Receiving, post: Callable[..., int], fingerprint: str | None
    ) -> None:
        post(body(alert(fingerprint=fingerprint)))
        post(body(alert(fingerprint=fingerprint)))
        first, second = (each for each in receiving.alerts() if not each.fingerprint.startswith("cut-off"))
        assert first.key == second.key
        assert first.key.isascii()
        assert first.key.isprintable()
        assert len(first.key) < 100

    def test_alerts_that_were_cut_off_are_told_of(self, receiving: Receiving, post: Callable[..., int]) -> None:
        post(body(alert(), truncatedAlerts=37))
        receiving.clock.advance(60.0)
        post(body(alert(), truncatedAlerts=0))
        cut = [each for each in receiving.alerts() if each.fingerprint.startswith("cut-off")]
        assert [each.firing for each in cut] == [True, False]
        assert cut[0].key == cut[1].key
        assert "37 more alerts" in cut[0].message

    def test_a_start_in_the_future_counts_from_now(self, receiving: Receiving, post: Callable[..., int]) -> None:
        post(body(alert(startsAt="2199-01-01T00:00:00Z")))
        assert receiving.alerts()[0].started_at == receiving.clock.now()

    @pytest.mark.slow
    def test_a_large_group_is_taken_and_a_larger_body_refused(
        self, receiving: Receiving, post: Callable[..., int]
    ) -> None:
        many = [alert(fingerprint=f"{number:x}", annotations={"summary": "x" * 500}) for number in range(900)]
        assert len(json.dumps(body(*many))) > 600_000
        assert post(body(*many)) == 200
        assert len(receiving.alerts()) == 901
        assert post(b" " * (1024 * 1024 + 1)) == 413

    @pytest.mark.parametrize(
        "document",
        [
            b"",
            b"{",
            b"[]",
            b"\xff\xfe",
            b'{"alerts": 5}',
            b"[" * 100_000,
            json.dumps(body(alert(status="maybe"))).encode(),
            json.dumps(body(alert(startsAt="yesterday"))).encode(),
            json.dumps(body(alert(startsAt="2026-01-05T11:55:00"))).encode(),
            json.dumps(body(*[alert()] * 1001)).encode(),
            json.dumps(body(alert(labels={str(number): "x" for number in range(65)}))).encode(),
            b'{"alerts": [{"status": "firing", "startsAt": "2026-01-05T11:55:00Z", "labels": {"a": "\\ud800"}}]}',
        ],
    )
    def test_what_cannot_be_read_is_refused_whole(
        self, receiving: Receiving, post: Callable[..., int], document: bytes
    ) -> None:
        assert post(document) == 422
        assert receiving.arrivals() == []

    @pytest.mark.parametrize("source", ["alertmanager", "grafana"])
    @pytest.mark.parametrize(("role", "status"), [(None, 401), ("viewer", 403), ("operator", 200), ("admin", 200)])
    def test_it_needs_an_operator_before_the_body_is_looked_at(
        self, receiving: Receiving, make_token: Make, source: str, role: str | None, status: int
    ) -> None:
        headers = {} if role is None else {"authorization": f"Bearer {make_token(f't-{role}', role).text}"}
        content = b"nonsense" if status != 200 else json.dumps(body(alert())).encode()
        answer = receiving.client.post(f"/api/v1/hooks/{source}", content=content, headers=headers)
        assert answer.status_code == status
        assert bool(receiving.arrivals()) == (status == 200)


def generic(kind: str = "alert.firing", **data: Any) -> bytes:
    told = {"id": "disk-7", "subject": "nas", "severity": "critical", "message": "disk 7 fails", **data}
    return json.dumps({"type": kind, "timestamp": "2026-01-05T11:59:59Z", "data": told}).encode()


class TestGeneric:
    def post(
        self,
        receiving: Receiving,
        content: bytes,
        *,
        secret: str | None = HOOK_SECRETS[0],
        age: float = 0,
        **headers: str,
    ) -> int:
        moment = int(receiving.clock.now().timestamp() - age)
        signed = signed_headers(content, message_id="msg_1", timestamp=moment, secret=secret)
        answer = receiving.client.post("/api/v1/hooks/generic", content=content, headers={**signed, **headers})
        return answer.status_code

    @pytest.mark.parametrize("secret", HOOK_SECRETS)
    def test_either_secret_signs(self, receiving: Receiving, secret: str) -> None:
        assert self.post(receiving, generic(), secret=secret) == 200
        (taken,) = receiving.alerts()
        assert (taken.key, taken.subject, taken.severity, taken.message, taken.firing) == (
            "external/generic/disk-7",
            "nas",
            Severity.CRITICAL,
            "disk 7 fails",
            True,
        )

    def test_resolved(self, receiving: Receiving) -> None:
        assert self.post(receiving, generic("alert.resolved")) == 200
        assert [each.firing for each in receiving.alerts()] == [False]

    def test_a_repeated_message_has_no_effect(self, receiving: Receiving) -> None:
        assert [self.post(receiving, generic()) for _ in range(3)] == [200, 200, 200]
        assert len(receiving.alerts()) == 1
        assert self.post(receiving, generic("alert.resolved")) == 200, "the number alone says that it is known"
        assert len(receiving.alerts()) == 1

    @pytest.mark.parametrize(("age", "status"), [(300, 200), (301, 401), (-300, 200), (-301, 401), (86_400, 401)])
    def test_it_must_be_of_the_last_five_minutes(self, receiving: Receiving, age: float, status: int) -> None:
        assert self.post(receiving, generic(), age=age) == status
        assert len(receiving.alerts()) == (status == 200)

    @pytest.mark.parametrize(
        ("secret", "headers"),
        [
            ("another secret", {}),
            ("", {}),
            (None, {}),
            (HOOK_SECRETS[0], {"webhook-id": "msg_2"}),
            (HOOK_SECRETS[0], {"webhook-id": ""}),
            (HOOK_SECRETS[0], {"webhook-timestamp": "1767614399"}),
            (HOOK_SECRETS[0], {"webhook-timestamp": "now"}),
            (HOOK_SECRETS[0], {"webhook-timestamp": "-1767614400"}),
            (HOOK_SECRETS[0], {"webhook-timestamp": "9" * 400}),
            (HOOK_SECRETS[0], {"webhook-signature": ""}),
            (HOOK_SECRETS[0], {"webhook-signature": "v1,"}),
            (HOOK_SECRETS[0], {"webhook-signature": "v1,AAAA v1,%%% v2,AAAA"}),
        ],
    )
    def test_what_is_forged_is_refused(self, receiving: Receiving, secret: str | None, headers: dict[str, str]) -> None:
        assert self.post(receiving, generic(), secret=secret, **headers) == 401
        assert receiving.arrivals() == []

    def test_a_changed_body_is_refused(self, receiving: Receiving) -> None:
        moment = int(receiving.clock.now().timestamp())
        signed = signed_headers(generic(), message_id="msg_1", timestamp=moment, secret=HOOK_SECRETS[0])
        answer = receiving.client.post("/api/v1/hooks/generic", content=generic(subject="other"), headers=signed)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
        assert answer.json()["detail"] == "a valid signature, of the last 5 minutes, is needed"
        assert receiving.arrivals() == []

    @pytest.mark.slow
    def test_one_right_signature_among_several_is_enough(self, receiving: Receiving) -> None:
        moment = int(receiving.clock.now().timestamp())
        first, second = (
            signed_headers(generic(), message_id="msg_1", timestamp=moment, secret=secret)["webhook-signature"]
            for secret in ("retired", HOOK_SECRETS[1])
        )
        assert self.post(receiving, generic(), **{"webhook-signature": f"{first} {second}"}) == 200

    def test_a_wrong_body_is_told_and_may_be_sent_again(self, receiving: Receiving) -> None:
        assert self.post(receiving, generic("alert.maybe")) == 422
        assert self.post(receiving, generic()) == 200
        assert len(receiving.alerts()) == 1

    def test_a_token_is_no_signature(self, receiving: Receiving, make_token: Make) -> None:
        bearer = {"authorization": f"Bearer {make_token('x', 'admin').text}"}
        assert receiving.client.post("/api/v1/hooks/generic", content=generic(), headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("Page", Severity.CRITICAL),
        ("error", Severity.CRITICAL),
        ("info", Severity.INFO),
        ("warning", Severity.WARNING),
        ("", Severity.WARNING),
        (None, Severity.WARNING),
        ("none", Severity.WARNING),
    ],
)
def test_severities(word: str | None, severity: Severity) -> None:
    assert severity_of(word) is severity


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://x/", "https://", "https://x/\x1b", "//x", "http://[", "https://a b/", "x" * 3000],
)
def test_links_that_are_not_shown(url: str) -> None:
    assert safe_link(url) is None
