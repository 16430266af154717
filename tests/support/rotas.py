"""A configuration with two people in two rotas."""

from __future__ import annotations

ROTAS = {
    "email_alerts": {"enabled": True, "recipients": ["ops@shop.example"]},
    "oncall": {
        "starts_at": "2026-01-05T08:00:00+00:00",
        "shift": "7d",
        "people": [
            {"name": "Ada", "channels": ["email"], "accounts": ["ann"]},
            {"name": "Grace", "channels": ["email"], "accounts": ["bob"]},
        ],
        "rotas": [{"name": "shop", "people": ["Grace"]}],
    },
}
"""Ada is on call in the first week; ``shop`` is always Grace's."""
