"""Why messages about an alert were sent, held or not made, as stored when it was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select

from amt_console.model import Episode
from amt_console.model.notifications import Decision, DecisionOutcome, Stage
from amt_console.store.outbox.tables import DecisionRow
from amt_console.store.schema import table
from amt_console.store.tables import AlertRow
from amt_console.store.values import clean, clean_text, member

if TYPE_CHECKING:
    from amt_console.store.reads import Reads

_DECISIONS = table(DecisionRow)
_ALERTS = table(AlertRow)


def add(connection: Connection, episode: Episode, decisions: Sequence[Decision]) -> None:
    """Store the decisions about an alert, in order."""
    if decisions:
        connection.execute(insert(_DECISIONS), [_row(decision, episode.id) for decision in decisions])


def add_later(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Store decisions that carry the numbers of their alerts; those about alerts that have expired are left out."""
    if not decisions:
        return
    wanted = {decision.alert_id for decision in decisions}
    known = set(connection.execute(select(_ALERTS.c.id).where(_ALERTS.c.id.in_(wanted))).scalars())
    rows = [_row(decision, decision.alert_id) for decision in decisions if decision.alert_id in known]
    if rows:
        connection.execute(insert(_DECISIONS), rows)


def alert_decisions(reads: Reads, alert_id: int) -> tuple[Decision, ...]:
    """All decisions about an alert's messages, oldest first."""
    query = select(_DECISIONS).where(_DECISIONS.c.alert_id == alert_id).order_by(_DECISIONS.c.id)
    return tuple(
        Decision(
            at=row["timestamp"],
            stage=member(Stage, row["stage"]) or Stage.DELIVERY,
            outcome=member(DecisionOutcome, row["outcome"]) or DecisionOutcome.NONE,
            reason=row["reason"],
            detail=row["detail"],
            alert_id=alert_id,
        )
        for row in reads._connection.execute(query).mappings()
    )


def shadow_counts(reads: Reads) -> dict[str, int]:
    """How many messages each rule in shadow mode would have sent."""
    query = (
        select(_ALERTS.c.rule_id, func.count())
        .join(_DECISIONS, _DECISIONS.c.alert_id == _ALERTS.c.id)
        .where(_DECISIONS.c.stage == Stage.SHADOW.value)
        .group_by(_ALERTS.c.rule_id)
    )
    return {rule: int(count) for rule, count in reads._connection.execute(query)}


def _row(decision: Decision, alert_id: int | None) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "timestamp": decision.at,
        "stage": decision.stage.value,
        "outcome": decision.outcome.value,
        "reason": clean_text(decision.reason),
        "detail": clean(decision.detail),
    }
