"""One alert key with the messages that are planned about it, as the monitor would store them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from support.alerting import SUBJECT, Key, two_tier_rule

from amt_console.alerts import Plan, Planner, Rule, Step, Verdict
from amt_console.alerts.handling.handlers import Scene, handle
from amt_console.model import AlertAction, ChannelType, Episode
from amt_console.model.notifications import Decision, NoticeKind, OutboxEntry
from amt_console.model.policy import ChannelFacts, EscalationPolicy, Level, Person, Policies

OPS = ChannelFacts("ops", ChannelType.SLACK)
PAGER = ChannelFacts("pager", ChannelType.PAGERDUTY)
MAIL = ChannelFacts("mail", ChannelType.EMAIL)
ADA = Person("Ada", channels=("pager",), accounts=("ada",))
GRACE = Person("Grace", channels=("mail",), accounts=("grace",))


def policies(**changes: object) -> Policies:
    """Three channels and two people: ``ops`` is told at once, Ada after 10 and Grace after 20 minutes."""
    levels = (Level(0.0, ("ops",)), Level(600.0, ("person:Ada",)), Level(1200.0, ("person:Grace",)))
    found = Policies(
        channels={each.name: each for each in (OPS, PAGER, MAIL)},
        people={"Ada": ADA, "Grace": GRACE},
        escalations=(EscalationPolicy("standard", levels),),
        intervals={SUBJECT: 10.0},
    )
    return replace(found, **changes)  # type: ignore[arg-type]


class Paged(Key):
    """A key under policies: every observation and action is planned like the monitor does."""

    def __init__(self, policy: Policies | None = None, rule: Rule | None = None, **options: object) -> None:
        clock = options.pop("clock", None)
        super().__init__(rule or two_tier_rule(fail=1, recover=1), clock=clock)  # type: ignore[arg-type]
        self.policies = policy or policies()
        self.others: list[Episode] = []
        self.shadow: frozenset[str] = frozenset()
        self.outbox: list[OutboxEntry] = []
        self.decisions: list[Decision] = []

    def save(self, done: Step) -> None:
        """Plan what follows from a step, and store both."""
        if not done.changed or done.episode is None:
            super().save(done)
            self.look()
            return
        self._keep(self._plan(done.episode, done.events), done)

    def look(self) -> Plan | None:
        """Time has passed: plan what is due, and store it."""
        if self.episode is None or not self.episode.open:
            return None
        plan = self._plan(self.episode, ())
        if plan.changed:
            self._keep(plan, Step(self.episode, (), True))
        return plan

    def wait(self, seconds: float, *, every: float = 10.0) -> None:
        """Let time pass, looking again and again."""
        left = seconds
        while left > 0:
            self.clock.advance(min(every, left))
            left -= every
            self.look()

    def fire(self) -> None:
        """A critical alert fires."""
        self.feed(Verdict.CRITICAL)

    def recover(self) -> None:
        """It ends."""
        self.feed(Verdict.OK)

    def act(self, action: AlertAction, actor: str = "ada") -> Step:
        """Apply an action to the newest episode, with its messages."""
        step = handle(
            action, Scene(actor, self.clock.instant(), self.now, events=tuple(self.events[self.now.id or 0]))
        ).step
        assert step is not None
        self.save(step)
        return step

    def sent(self, *, since: int = 0) -> list[tuple[str, str]]:
        """Kind and receiver of the messages."""
        return [(entry.kind.value, entry.receiver) for entry in self.outbox[since:]]

    def kinds(self) -> list[NoticeKind]:
        """The kinds of all messages."""
        return [entry.kind for entry in self.outbox]

    def reasons(self) -> list[str]:
        """All decisions as ``stage outcome: reason``."""
        return [f"{each.stage.value} {each.outcome.value}: {each.reason}" for each in self.decisions]

    def _plan(self, episode: Episode, events: Sequence[object]) -> Plan:
        open_ones = [*self.others, *([episode] if episode.open else [])]
        planner = Planner(self.policies, open_ones, self.clock.instant(), shadow_rules=self.shadow)
        return planner.plan(episode, events)  # type: ignore[arg-type]

    def _keep(self, plan: Plan, done: Step) -> None:
        super().save(replace(done, episode=plan.episode, events=(*done.events, *plan.events), changed=True))
        self.decisions += plan.decisions
        for entry in plan.outbox:
            assert entry.notice is not None
            notice = replace(entry.notice, alert_id=self.now.id or 0, version=self.now.version)
            self.outbox.append(replace(entry, notice=notice))
