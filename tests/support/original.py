"""A database as the original system leaves it."""

from __future__ import annotations

ORIGINAL = """
CREATE TABLE monitoring_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  service_name TEXT NOT NULL, status TEXT NOT NULL, response_time_ms INTEGER, error_message TEXT, metrics TEXT);
CREATE TABLE alerts (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  alert_type TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, resolved BOOLEAN DEFAULT FALSE,
  resolved_at DATETIME);
CREATE TABLE system_metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  cpu_usage REAL, memory_usage REAL, disk_usage REAL, network_io TEXT, active_connections INTEGER);
INSERT INTO monitoring_logs (timestamp, service_name, status, response_time_ms, error_message, metrics) VALUES
  ('2026-01-05 11:00:00', 'backend-api', 'up', 120, NULL, '{"status_code": 200}'),
  ('2026-01-05T11:01:00', 'backend-api', 'down', NULL, 'Connection refused', 'not json'),
  ('2026-01-05 11:01:00', 'backend-api', 'healthy', 7, NULL, NULL);
INSERT INTO alerts (timestamp, alert_type, severity, message) VALUES
  ('2026-01-05 11:01:00', 'service_down', 'critical', 'backend-api is down'),
  ('2026-01-05 11:02:00', 'anything', 'odd', 'free text');
INSERT INTO alerts (timestamp, alert_type, severity, message, resolved, resolved_at) VALUES
  ('2026-01-05 10:00:00', 'cpu_usage', 'warning', 'CPU', TRUE, '2026-01-05 10:30:00');
INSERT INTO system_metrics (timestamp, cpu_usage, network_io) VALUES ('2026-01-05 11:00:00', 12.5, '{"bytes_sent": 1}');
"""
