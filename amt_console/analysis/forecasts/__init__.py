"""Forecasts of figures and of a disk that fills."""

from __future__ import annotations

from amt_console.analysis.forecasts.disk_full import disk_full
from amt_console.analysis.forecasts.forecast import Forecast, ForecastPoint
from amt_console.analysis.forecasts.series import forecast_series

__all__ = ["Forecast", "ForecastPoint", "disk_full", "forecast_series"]
