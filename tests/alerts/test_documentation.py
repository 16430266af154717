"""docs/alerts.md agrees with the rules."""

from __future__ import annotations

from pathlib import Path

from amt_console.alerts import Rule, default_rules, no_data_rule
from amt_console.config import load_config

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"


def row_of(rule: Rule) -> str:
    (row,) = (
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and f"`{rule.id}`" in line.split("|")[1]
    )
    return row


def test_every_default_rule_has_a_row_with_its_severities_and_limits() -> None:
    for rule in default_rules():
        row = row_of(rule)
        assert str(rule.severity) in row or rule.limits.warning is not None
        for tier, word in ((rule.limits.critical, "critical"), (rule.limits.warning, "warning")):
            if tier is not None:
                assert word in row
                shown = tier.enter / 1000 if rule.signal == "response_time" else tier.enter
                assert f" {shown:g} " in row


def test_every_rule_that_tells_of_silence_is_named() -> None:
    derived = [rule for each in default_rules() if (rule := no_data_rule(each)) is not None]
    assert derived
    for rule in derived:
        assert str(rule.severity) in row_of(rule)


def test_the_example_of_a_rule_loads(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    path = tmp_path / "config.toml"
    path.write_text(example, encoding="utf-8")
    (rule,) = load_config(path, env={}).settings.rules
    assert (rule.signal, rule.above, rule.leave) == ("response_time", 800, 600)
