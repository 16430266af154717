"""The simulated platform's business: users, chats and subscriptions at any moment, with consistent figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from amt_console.demo.rhythm import activity, apportion, hour_of_day_activity, last_day_activity, smooth_noise
from amt_console.model import FigureKind

Json = dict[str, object]

_DAY = 86400.0
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
PLANS = (("Free", 0, 0), ("Starter", 2900, 29000), ("Professional", 7900, 79000), ("Enterprise", 24900, 249000))
"""Name, price a month and price a year, in cents."""
_SOURCES = ("organic search", "direct", "social media", "paid ads", "referral", "email")
_LANGUAGES = ("en", "es", "de", "fr", "pt", "ar", "ja")
_PAGES = ("/", "/dashboard", "/campaigns", "/chat", "/content", "/pricing", "/analytics", "/settings")
_TOPICS = ("campaign ideas", "copywriting", "pricing", "seo", "integrations", "billing", "account", "bug report")
_FEEDBACK = ("helpful", "quick", "too general", "did not understand")
_FEATURES = ("content generator", "chatbot", "campaign planner", "seo assistant", "social scheduler", "analytics")


@dataclass(frozen=True, slots=True)
class Audience:
    """Users at one moment."""

    total: int
    monthly_active: int
    daily_active: int
    concurrent: int


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Paying users at one moment; plans in the order of ``PLANS`` without the free one."""

    monthly: tuple[int, ...]
    yearly: tuple[int, ...]

    @property
    def paying(self) -> int:
        """All subscribers."""
        return sum(self.monthly) + sum(self.yearly)

    @property
    def mrr_cents(self) -> int:
        """Monthly recurring revenue; a yearly price counts a twelfth."""
        monthly = sum(count * plan[1] for count, plan in zip(self.monthly, PLANS[1:], strict=True))
        yearly = sum(count * plan[2] for count, plan in zip(self.yearly, PLANS[1:], strict=True))
        return monthly + round(yearly / 12)


class SimulatedPlatform:
    """Answers for any moment, past or future; seed and moment determine the figures.

    Args:
        seed: Chooses the platform's size and its shares.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        chance = Random(seed)
        self._users_at_epoch = chance.randint(9_000, 16_000)
        self._growth = chance.uniform(0.0007, 0.0013)
        self._paying_share = chance.uniform(0.06, 0.09)
        self._weights = {
            name: [chance.uniform(0.6, 1.4) * bias for bias in biases]
            for name, biases in (
                ("sources", (5, 3.2, 2.4, 1.8, 1.2, 0.8)),
                ("languages", (9, 3, 2, 1.6, 1.2, 0.9, 0.5)),
                ("pages", (6, 5, 3.5, 3, 2.6, 1.6, 1.4, 0.7)),
                ("topics", (5, 4.2, 2.2, 2, 1.6, 1.3, 1, 0.5)),
                ("chat_languages", (10, 3.2, 1.6, 1.4, 1.1, 0.9, 0.3)),
                ("plans", (5.5, 3, 0.5)),
            )
        }

    def answer(self, kind: FigureKind, at: datetime) -> Json:
        """The JSON of one endpoint at a moment."""
        match kind:
            case FigureKind.OVERVIEW:
                return self._overview(at)
            case FigureKind.CHATBOT:
                return self._chatbot(at)
            case FigureKind.REVENUE:
                return self._revenue(at)
            case FigureKind.PLANS:
                return self._plans()

    def audience(self, at: datetime) -> Audience:
        """Users at a moment: the total grows steadily, activity follows the week and the time of day."""
        total = self._total_users(at)
        monthly = int(total * (0.52 + 0.05 * self._slow("monthly", at, 20)))
        daily = int(monthly * (0.16 + 0.07 * last_day_activity(at) + 0.02 * self._slow("daily", at, 2)))
        concurrent = min(daily, int(daily * 0.09 * activity(self.seed, at)))
        return Audience(total, monthly, daily, concurrent)

    def subscriptions(self, at: datetime) -> Subscriptions:
        """Paying users at a moment."""
        paying = int(self._total_users(at) * (self._paying_share + 0.006 * self._slow("paying", at, 15)))
        by_plan = apportion(paying, self._weights["plans"])
        yearly_share = 0.3 + 0.1 * self._slow("yearly", at, 40)
        yearly = tuple(int(count * yearly_share) for count in by_plan)
        return Subscriptions(tuple(count - year for count, year in zip(by_plan, yearly, strict=True)), yearly)

    def _total_users(self, at: datetime) -> int:
        return int(self._users_at_epoch * (1 + self._growth) ** ((at - _EPOCH).total_seconds() / _DAY))

    def _overview(self, at: datetime) -> Json:
        users, paying = self.audience(at), self.subscriptions(at).paying
        sessions = int(users.daily_active * (1.5 + 0.3 * self._slow("sessions", at, 1)))
        page_views = int(sessions * (4.2 + 0.9 * self._slow("pages", at, 1)))
        languages = zip(_LANGUAGES, apportion(users.monthly_active, self._weights["languages"]), strict=True)
        sources = zip(_SOURCES, apportion(sessions, self._weights["sources"]), strict=True)
        views = sorted(
            zip(_PAGES, apportion(page_views, self._weights["pages"]), strict=True), key=lambda page: -page[1]
        )
        return {
            "users": {
                "total": users.total,
                "monthly_active": users.monthly_active,
                "daily_active": users.daily_active,
                "concurrent": users.concurrent,
            },
            "conversion": {
                "free_to_paid": round(100 * paying / users.total, 2),
                "trial": round(19 + 6 * self._slow("trial", at, 5), 1),
            },
            "engagement": {
                "sessions": sessions,
                "session_duration": round(330 + 90 * self._slow("duration", at, 1)),
                "bounce_rate": round(34 + 7 * self._slow("bounce", at, 1), 1),
                "page_views": page_views,
            },
            "traffic": {
                "sources": [{"source": name, "sessions": count} for name, count in sources],
                "languages": [{"language": name, "users": count} for name, count in languages],
                "top_pages": [{"page": page, "views": count} for page, count in views],
            },
            "features": {
                "adoption": {
                    name: round(70 - 9 * index + 6 * self._slow(name, at, 10), 1)
                    for index, name in enumerate(_FEATURES)
                }
            },
            "quality": {"bug_reports": int(14 * self._slow("bugs", at, 2))},
            "performance": {
                "page_load_time": round(1.1 + 0.5 * activity(self.seed, at), 2),
                "requests_per_minute": round(users.concurrent * (5.5 + 1.5 * self._slow("requests", at, 1)), 1),
            },
        }

    def _chatbot(self, at: datetime) -> Json:
        conversations = int(self.audience(at).daily_active * (0.33 + 0.06 * self._slow("chats", at, 1)))
        rated = int(conversations * 0.4)
        mood = self._slow("mood", at, 1)
        ratings = apportion(rated, (3 - mood, 4 - mood, 9, 28 + 4 * mood, 52 + 8 * mood))
        average = sum(stars * count for stars, count in enumerate(ratings, 1)) / max(1, rated)
        resolution = round(80 + 9 * mood, 1)
        escalation = round((100 - resolution) * 0.55, 1)
        by_hour = apportion(conversations, [hour_of_day_activity(hour + 0.5) for hour in range(24)])
        topics = zip(_TOPICS, apportion(conversations, self._weights["topics"]), strict=True)
        languages = zip(_LANGUAGES, apportion(conversations, self._weights["chat_languages"]), strict=True)
        messages = int(conversations * (6.5 + self._slow("messages", at, 1)))
        rush = activity(self.seed, at) / max(0.2, last_day_activity(at))
        praise = apportion(rated // 3, (5 + 2 * mood, 3 + mood, 2, 2 - mood))
        return {
            "conversations": {"total": conversations},
            "messages": {
                "total": messages,
                "per_minute": round(messages / (24 * 60) * rush, 2),
            },
            "satisfaction": {
                "average": round(average, 2),
                "ratings": [{"rating": stars, "count": count} for stars, count in enumerate(ratings, 1)],
            },
            "rates": {
                "resolution": resolution,
                "automation": round(68 + 8 * self._slow("automation", at, 3), 1),
                "escalation": escalation,
                "topic_coverage": round(88 + 7 * self._slow("coverage", at, 6), 1),
            },
            "feedback": [{"category": name, "count": count} for name, count in zip(_FEEDBACK, praise, strict=True)],
            "response_time": {"average": round(0.8 + 0.5 * activity(self.seed, at), 2)},
            "topics": [{"topic": name, "conversations": count} for name, count in topics],
            "languages": [{"language": name, "conversations": count} for name, count in languages],
            "hourly_distribution": [{"hour": hour, "conversations": count} for hour, count in enumerate(by_hour)],
        }

    def _revenue(self, at: datetime) -> Json:
        now = self.subscriptions(at)
        plans = zip(PLANS[1:], now.monthly, now.yearly, strict=True)
        mrr = now.mrr_cents
        history = [(month, self.subscriptions(month).mrr_cents) for month in _month_ends(at, 11)]
        history.append((at, mrr))
        return {
            "mrr": mrr / 100,
            "arr": 12 * mrr / 100,
            "churn_rate": round(2.1 + 1.2 * self._slow("churn", at, 12), 2),
            "arpu": round(mrr / 100 / now.paying, 2) if now.paying else 0,
            "subscriptions": {
                "total": now.paying,
                "by_plan": [{"plan": plan[0], "subscribers": monthly + yearly} for plan, monthly, yearly in plans],
                "billing": {"monthly": sum(now.monthly), "yearly": sum(now.yearly)},
            },
            "history": [{"month": f"{month:%Y-%m}", "mrr": cents / 100} for month, cents in history],
        }

    def _plans(self) -> Json:
        return {
            "plans": [
                {"name": name, "monthly_price": monthly / 100, "yearly_price": yearly / 100}
                for name, monthly, yearly in PLANS
            ]
        }

    def _slow(self, name: str, at: datetime, days: float) -> float:
        """Noise in [0, 1) that changes over ``days``."""
        return smooth_noise(self.seed, name, at.timestamp(), days * _DAY)


def think_seconds(route: str, busy: float, chance: float) -> float:
    """Response time of one request: longer when busy, occasionally much longer.

    Args:
        route: Path of the request.
        busy: ``rhythm.activity`` of the moment.
        chance: A random number in [0, 1).
    """
    base = {"/api/health": 0.008, "/api/plans": 0.02, "/": 0.014}.get(route, 0.06)
    tail = 1 + 3 * max(0.0, chance - 0.95) / 0.05
    return base * (0.7 + 0.6 * chance) * (0.7 + 0.4 * busy) * tail


def _month_ends(at: datetime, months: int) -> list[datetime]:
    """The last moments of the ``months`` calendar months before the month of ``at``, oldest first."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends: list[datetime] = []
    for _ in range(months):
        last = datetime.fromtimestamp(first.timestamp() - 1, UTC)
        ends.append(last)
        first = last.replace(day=1, hour=0, minute=0, second=0)
    return ends[::-1]
