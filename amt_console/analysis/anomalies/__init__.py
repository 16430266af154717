"""Anomalies of any series, causal and explained."""

from __future__ import annotations

from amt_console.analysis.anomalies.judgement import SeriesJudgement, judge_series

__all__ = ["SeriesJudgement", "judge_series"]
