CREATE FUNCTION alert_events_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'alert_events is append-only'; END $$;
CREATE FUNCTION audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$;
CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE alert_events (
    id bigint NOT NULL,
    alert_id bigint NOT NULL,
    seq integer NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    severity text NOT NULL,
    message text NOT NULL,
    actor text,
    note text,
    value double precision
);
CREATE SEQUENCE alert_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE alert_events_id_seq OWNED BY alert_events.id;
CREATE TABLE alerts (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    alert_type text NOT NULL,
    severity text NOT NULL,
    message text NOT NULL,
    resolved boolean DEFAULT false,
    resolved_at timestamp with time zone,
    rule_id text DEFAULT ''::text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'firing'::text NOT NULL,
    version bigint DEFAULT '0'::bigint NOT NULL,
    bad_since text,
    ok_since text,
    bad_count bigint DEFAULT '0'::bigint NOT NULL,
    critical_count bigint DEFAULT '0'::bigint NOT NULL,
    warning_count bigint DEFAULT '0'::bigint NOT NULL,
    ok_count bigint DEFAULT '0'::bigint NOT NULL,
    fired_at timestamp with time zone,
    resolution text,
    value double precision,
    threshold double precision,
    stale boolean DEFAULT false NOT NULL,
    stale_since text,
    acknowledged_by text,
    acknowledged_at timestamp with time zone,
    note text,
    escalation_level bigint DEFAULT '0'::bigint NOT NULL,
    previous_episode_id bigint,
    runbook text,
    simulated boolean DEFAULT false NOT NULL
);
CREATE SEQUENCE alerts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE alerts_id_seq OWNED BY alerts.id;
CREATE TABLE audit (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL
);
CREATE SEQUENCE audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE audit_id_seq OWNED BY audit.id;
CREATE TABLE business_figures (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    kind text NOT NULL,
    figures text NOT NULL,
    hourly boolean DEFAULT false NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE SEQUENCE business_figures_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE business_figures_id_seq OWNED BY business_figures.id;
CREATE TABLE gaps (
    id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    reason text NOT NULL
);
CREATE SEQUENCE gaps_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE gaps_id_seq OWNED BY gaps.id;
CREATE TABLE host_rollups (
    resolution integer NOT NULL,
    start bigint NOT NULL,
    metric text NOT NULL,
    samples integer NOT NULL,
    total bigint NOT NULL,
    "least" bigint NOT NULL,
    most bigint NOT NULL,
    histogram bytea NOT NULL
);
CREATE TABLE lease (
    name text NOT NULL,
    epoch bigint NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE monitor (
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    last_cycle_at timestamp with time zone NOT NULL
);
CREATE TABLE monitoring_logs (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
)
PARTITION BY RANGE ("timestamp");
CREATE SEQUENCE monitoring_logs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE monitoring_logs_id_seq OWNED BY monitoring_logs.id;
CREATE TABLE monitoring_logs_p20260105 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20260106 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20260107 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20260108 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20261126 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20261127 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20261128 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitoring_logs_p20261129 (
    id bigint DEFAULT nextval('monitoring_logs_id_seq'::regclass) NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer DEFAULT 1 NOT NULL,
    interval_us bigint DEFAULT '0'::bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL
);
CREATE TABLE monitors (
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    location text DEFAULT 'default'::text NOT NULL,
    evaluates boolean DEFAULT false NOT NULL
);
CREATE TABLE probe_slots (
    location text NOT NULL,
    target text NOT NULL,
    next_due timestamp with time zone NOT NULL,
    lease_until timestamp with time zone NOT NULL,
    holder text NOT NULL
);
CREATE TABLE relayed_results (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    service_name text NOT NULL,
    status text NOT NULL,
    response_time_ms integer,
    error_message text,
    metrics text,
    response_us bigint,
    error_class text,
    attempt integer NOT NULL,
    interval_us bigint NOT NULL,
    simulated boolean NOT NULL
);
CREATE SEQUENCE relayed_results_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE relayed_results_id_seq OWNED BY relayed_results.id;
CREATE TABLE service_rollups (
    resolution integer NOT NULL,
    start bigint NOT NULL,
    service_name text NOT NULL,
    samples integer NOT NULL,
    errors integer NOT NULL,
    up_us bigint NOT NULL,
    degraded_us bigint NOT NULL,
    down_us bigint NOT NULL,
    maintenance_us bigint NOT NULL,
    timed integer NOT NULL,
    sum_us bigint NOT NULL,
    min_us bigint NOT NULL,
    max_us bigint NOT NULL,
    histogram bytea NOT NULL
);
CREATE TABLE service_state (
    service_name text NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    status text NOT NULL,
    since timestamp with time zone NOT NULL,
    response_us bigint,
    error_class text,
    error_message text,
    attempt integer NOT NULL,
    interval_us bigint NOT NULL,
    metrics text,
    open_buckets bytea NOT NULL
);
CREATE TABLE state_changes (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    service_name text NOT NULL,
    state text NOT NULL,
    previous text,
    error_message text
);
CREATE SEQUENCE state_changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE state_changes_id_seq OWNED BY state_changes.id;
CREATE TABLE store_meta (
    key text NOT NULL,
    number bigint DEFAULT '0'::bigint NOT NULL,
    content text
);
CREATE TABLE system_metrics (
    id bigint NOT NULL,
    "timestamp" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    cpu_usage double precision,
    memory_usage double precision,
    disk_usage double precision,
    network_io text,
    active_connections integer,
    details text,
    simulated boolean DEFAULT false NOT NULL
);
CREATE SEQUENCE system_metrics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE system_metrics_id_seq OWNED BY system_metrics.id;
CREATE TABLE tokens (
    id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    digest text NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);
CREATE TABLE viewers (
    process text NOT NULL,
    host text NOT NULL,
    people text NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20260105 FOR VALUES FROM ('2026-01-05 00:00:00+00') TO ('2026-01-06 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20260106 FOR VALUES FROM ('2026-01-06 00:00:00+00') TO ('2026-01-07 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20260107 FOR VALUES FROM ('2026-01-07 00:00:00+00') TO ('2026-01-08 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20260108 FOR VALUES FROM ('2026-01-08 00:00:00+00') TO ('2026-01-09 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20261126 FOR VALUES FROM ('2026-11-26 00:00:00+00') TO ('2026-11-27 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20261127 FOR VALUES FROM ('2026-11-27 00:00:00+00') TO ('2026-11-28 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20261128 FOR VALUES FROM ('2026-11-28 00:00:00+00') TO ('2026-11-29 00:00:00+00');
ALTER TABLE ONLY monitoring_logs ATTACH PARTITION monitoring_logs_p20261129 FOR VALUES FROM ('2026-11-29 00:00:00+00') TO ('2026-11-30 00:00:00+00');
ALTER TABLE ONLY alert_events ALTER COLUMN id SET DEFAULT nextval('alert_events_id_seq'::regclass);
ALTER TABLE ONLY alerts ALTER COLUMN id SET DEFAULT nextval('alerts_id_seq'::regclass);
ALTER TABLE ONLY audit ALTER COLUMN id SET DEFAULT nextval('audit_id_seq'::regclass);
ALTER TABLE ONLY business_figures ALTER COLUMN id SET DEFAULT nextval('business_figures_id_seq'::regclass);
ALTER TABLE ONLY gaps ALTER COLUMN id SET DEFAULT nextval('gaps_id_seq'::regclass);
ALTER TABLE ONLY monitoring_logs ALTER COLUMN id SET DEFAULT nextval('monitoring_logs_id_seq'::regclass);
ALTER TABLE ONLY relayed_results ALTER COLUMN id SET DEFAULT nextval('relayed_results_id_seq'::regclass);
ALTER TABLE ONLY state_changes ALTER COLUMN id SET DEFAULT nextval('state_changes_id_seq'::regclass);
ALTER TABLE ONLY system_metrics ALTER COLUMN id SET DEFAULT nextval('system_metrics_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('0006');
INSERT INTO alert_events VALUES (1, 1, 1, '2026-01-05 12:04:03+00', 'fired', 'firing', 'critical', 'api is down', NULL, NULL, NULL);
INSERT INTO alert_events VALUES (2, 1, 2, '2026-01-05 12:05:00+00', 'acknowledged', 'firing', 'critical', 'api is down', 'ada', 'looking at it', NULL);
INSERT INTO alert_events VALUES (3, 2, 1, '2026-01-05 12:01:41+00', 'fired', 'firing', 'critical', 'api is down', NULL, NULL, NULL);
INSERT INTO alert_events VALUES (4, 2, 2, '2026-01-05 12:02:40+00', 'resolved', 'resolved', 'critical', 'api is down', NULL, NULL, NULL);
INSERT INTO alerts VALUES (1, '2026-01-05 12:04:00+00', 'service_down', 'critical', 'api is down', false, NULL, 'service_down', 'api', 'firing', 2, NULL, NULL, 0, 0, 0, 0, '2026-01-05 12:04:03+00', NULL, NULL, NULL, false, NULL, 'ada', '2026-01-05 12:05:00+00', 'looking at it', 0, NULL, NULL, false);
INSERT INTO alerts VALUES (2, '2026-01-05 12:01:40+00', 'service_down', 'critical', 'web is down', true, '2026-01-05 12:02:40+00', 'service_down', 'web', 'resolved', 1, NULL, NULL, 0, 0, 0, 0, '2026-01-05 12:01:41+00', 'recovered', NULL, NULL, false, NULL, NULL, NULL, NULL, 0, NULL, NULL, false);
INSERT INTO audit VALUES (1, '2026-01-05 12:05:00+00', 'ada', 'acknowledge', 'alert 1 service_down api', '{"note":"looking at it","via":"console"}');
INSERT INTO audit VALUES (2, '2026-01-05 12:05:10+00', 'bob', 'token create', 'token ci', '{"role":"viewer"}');
INSERT INTO business_figures VALUES (1, '2026-01-05 12:00:20+00', 'revenue', '{"mrr":{"value":50000.0}}', true, false);
INSERT INTO gaps VALUES (1, '2026-01-05 11:50:00+00', '2026-01-05 11:59:00+00', 'stopped');
INSERT INTO host_rollups VALUES (60, 1767614400, 'cpu_usage', 1, 12500, 12500, 12500, '\x01d9010100');
INSERT INTO host_rollups VALUES (60, 1767614400, 'disk_usage', 1, 50000, 50000, 50000, '\x011e020100');
INSERT INTO host_rollups VALUES (60, 1767614400, 'memory_usage', 1, 40000, 40000, 40000, '\x0113020100');
INSERT INTO host_rollups VALUES (300, 1767614400, 'cpu_usage', 1, 12500, 12500, 12500, '\x01d9010100');
INSERT INTO host_rollups VALUES (300, 1767614400, 'disk_usage', 1, 50000, 50000, 50000, '\x011e020100');
INSERT INTO host_rollups VALUES (300, 1767614400, 'memory_usage', 1, 40000, 40000, 40000, '\x0113020100');
INSERT INTO host_rollups VALUES (3600, 1767614400, 'cpu_usage', 1, 12500, 12500, 12500, '\x01d9010100');
INSERT INTO host_rollups VALUES (3600, 1767614400, 'disk_usage', 1, 50000, 50000, 50000, '\x011e020100');
INSERT INTO host_rollups VALUES (3600, 1767614400, 'memory_usage', 1, 40000, 40000, 40000, '\x0113020100');
INSERT INTO host_rollups VALUES (86400, 1767571200, 'cpu_usage', 1, 12500, 12500, 12500, '\x01d9010100');
INSERT INTO host_rollups VALUES (86400, 1767571200, 'disk_usage', 1, 50000, 50000, 50000, '\x011e020100');
INSERT INTO host_rollups VALUES (86400, 1767571200, 'memory_usage', 1, 40000, 40000, 40000, '\x0113020100');
INSERT INTO monitor VALUES ('monitor', 'ops1', 42, '2026-01-05 12:00:00+00', '2026-01-05 12:14:00+00');
INSERT INTO monitoring_logs_p20260105 VALUES (1, '2026-01-05 12:00:00+00', 'api', 'up', 20, NULL, '{}', 20000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (2, '2026-01-05 12:01:00+00', 'api', 'up', 24, NULL, '{}', 24000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (3, '2026-01-05 12:02:00+00', 'api', 'up', 21, NULL, '{}', 21000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (4, '2026-01-05 12:03:00+00', 'api', 'up', 25, NULL, '{}', 25000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (5, '2026-01-05 12:04:00+00', 'api', 'down', NULL, 'connection refused', '{}', NULL, 'connect_refused', 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (6, '2026-01-05 12:05:00+00', 'api', 'down', NULL, 'connection refused', '{}', NULL, 'connect_refused', 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (7, '2026-01-05 12:06:00+00', 'api', 'down', NULL, 'connection refused', '{}', NULL, 'connect_refused', 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (8, '2026-01-05 12:07:00+00', 'api', 'up', 20, NULL, '{}', 20000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (9, '2026-01-05 12:08:00+00', 'api', 'up', 24, NULL, '{}', 24000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (10, '2026-01-05 12:09:00+00', 'api', 'up', 21, NULL, '{}', 21000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (11, '2026-01-05 12:10:00+00', 'api', 'up', 25, NULL, '{}', 25000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (12, '2026-01-05 12:11:00+00', 'api', 'up', 22, NULL, '{}', 22000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (13, '2026-01-05 12:12:00+00', 'api', 'up', 26, NULL, '{}', 26000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (14, '2026-01-05 12:13:00+00', 'api', 'up', 23, NULL, '{}', 23000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (15, '2026-01-05 12:14:00+00', 'api', 'up', 20, NULL, '{}', 20000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (16, '2026-01-05 12:00:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (17, '2026-01-05 12:01:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (18, '2026-01-05 12:02:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (19, '2026-01-05 12:03:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (20, '2026-01-05 12:04:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (21, '2026-01-05 12:05:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (22, '2026-01-05 12:06:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (23, '2026-01-05 12:07:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (24, '2026-01-05 12:08:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (25, '2026-01-05 12:09:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (26, '2026-01-05 12:10:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (27, '2026-01-05 12:11:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (28, '2026-01-05 12:12:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (29, '2026-01-05 12:13:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO monitoring_logs_p20260105 VALUES (30, '2026-01-05 12:14:00+00', 'web', 'up', 35, NULL, '{}', 35000, NULL, 1, 60000000, false);
INSERT INTO service_rollups VALUES (60, 1767614400, 'api', 1, 0, 60000000, 0, 0, 0, 1, 20000, 20000, 20000, '\x01f1010100');
INSERT INTO service_rollups VALUES (60, 1767614460, 'api', 1, 0, 60000000, 0, 0, 0, 1, 24000, 24000, 24000, '\x01fa010100');
INSERT INTO service_rollups VALUES (60, 1767614520, 'api', 1, 0, 60000000, 0, 0, 0, 1, 21000, 21000, 21000, '\x01f3010100');
INSERT INTO service_rollups VALUES (60, 1767614580, 'api', 1, 0, 60000000, 0, 0, 0, 1, 25000, 25000, 25000, '\x01fc010100');
INSERT INTO service_rollups VALUES (60, 1767614640, 'api', 1, 1, 0, 0, 60000000, 0, 0, 0, 0, 0, '\x');
INSERT INTO service_rollups VALUES (300, 1767614400, 'api', 5, 1, 240000000, 0, 60000000, 0, 4, 90000, 20000, 25000, '\x01f1010100f3010100fa010100fc010100');
INSERT INTO service_rollups VALUES (60, 1767614700, 'api', 1, 1, 0, 0, 60000000, 0, 0, 0, 0, 0, '\x');
INSERT INTO service_rollups VALUES (60, 1767614760, 'api', 1, 1, 0, 0, 60000000, 0, 0, 0, 0, 0, '\x');
INSERT INTO service_rollups VALUES (60, 1767614820, 'api', 1, 0, 60000000, 0, 0, 0, 1, 20000, 20000, 20000, '\x01f1010100');
INSERT INTO service_rollups VALUES (60, 1767614880, 'api', 1, 0, 60000000, 0, 0, 0, 1, 24000, 24000, 24000, '\x01fa010100');
INSERT INTO service_rollups VALUES (60, 1767614940, 'api', 1, 0, 60000000, 0, 0, 0, 1, 21000, 21000, 21000, '\x01f3010100');
INSERT INTO service_rollups VALUES (300, 1767614700, 'api', 5, 2, 180000000, 0, 120000000, 0, 3, 65000, 20000, 24000, '\x01f1010100f3010100fa010100');
INSERT INTO service_rollups VALUES (60, 1767615000, 'api', 1, 0, 60000000, 0, 0, 0, 1, 25000, 25000, 25000, '\x01fc010100');
INSERT INTO service_rollups VALUES (60, 1767615060, 'api', 1, 0, 60000000, 0, 0, 0, 1, 22000, 22000, 22000, '\x01f5010100');
INSERT INTO service_rollups VALUES (60, 1767615120, 'api', 1, 0, 60000000, 0, 0, 0, 1, 26000, 26000, 26000, '\x01fe010100');
INSERT INTO service_rollups VALUES (60, 1767615180, 'api', 1, 0, 60000000, 0, 0, 0, 1, 23000, 23000, 23000, '\x01f8010100');
INSERT INTO service_rollups VALUES (60, 1767614400, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614460, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614520, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614580, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614640, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (300, 1767614400, 'web', 5, 0, 300000000, 0, 0, 0, 5, 175000, 35000, 35000, '\x010d020500');
INSERT INTO service_rollups VALUES (60, 1767614700, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614760, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614820, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614880, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767614940, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (300, 1767614700, 'web', 5, 0, 300000000, 0, 0, 0, 5, 175000, 35000, 35000, '\x010d020500');
INSERT INTO service_rollups VALUES (60, 1767615000, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767615060, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767615120, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_rollups VALUES (60, 1767615180, 'web', 1, 0, 60000000, 0, 0, 0, 1, 35000, 35000, 35000, '\x010d020100');
INSERT INTO service_state VALUES ('api', '2026-01-05 12:14:00+00', 'up', '2026-01-05 12:07:00+00', 20000, NULL, NULL, 1, 60000000, '{}', '\x0100d27afea24706000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000000204e000000000000204e000000000000204e0000000000000500000001f101010000b62cf0a247060004000000000000000000000000000000001c4e0e0000000000000000000000000000000000000000000000000000000004000000000000000077010000000000f05500000000000090650000000000001100000001f5010100f8010100fc010100fe010100007069cca24706000a00000000000000030000000000000000b108190000000000000000000000000095ba0a0000000000000000000000000700000000000000785d020000000000204e000000000000a8610000000000001100000001f1010200f3010200fa010200fc01010000c07dbd98470600000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO service_state VALUES ('web', '2026-01-05 12:14:00+00', 'up', '2026-01-05 12:00:00+00', 35000, NULL, NULL, 1, 60000000, '{}', '\x0100d27afea24706000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000000b888000000000000b888000000000000b88800000000000005000000010d02010000b62cf0a247060004000000000000000000000000000000001c4e0e000000000000000000000000000000000000000000000000000000000400000000000000e022020000000000b888000000000000b88800000000000005000000010d020400007069cca24706000a0000000000000000000000000000000046c323000000000000000000000000000000000000000000000000000000000a000000000000003057050000000000b888000000000000b88800000000000005000000010d020a0000c07dbd98470600000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO state_changes VALUES (1, '2026-01-05 12:00:00+00', 'api', 'up', NULL, NULL);
INSERT INTO state_changes VALUES (2, '2026-01-05 12:04:00+00', 'api', 'down', 'up', 'connection refused');
INSERT INTO state_changes VALUES (3, '2026-01-05 12:07:00+00', 'api', 'up', 'down', NULL);
INSERT INTO state_changes VALUES (4, '2026-01-05 12:00:00+00', 'web', 'up', NULL, NULL);
INSERT INTO store_meta VALUES ('commits', 1, NULL);
INSERT INTO system_metrics VALUES (1, '2026-01-05 12:00:10+00', 12.5, 40, 50, NULL, NULL, '{"disks":[],"load":null,"memory_total_bytes":null,"swap_usage":null}', false);
INSERT INTO tokens VALUES ('abc123', 'ci', 'viewer', '0000000000000000000000000000000000000000000000000000000000000000', 'bob', '2026-01-05 12:05:10+00', NULL, NULL, NULL);
INSERT INTO viewers VALUES ('p1', 'ops1', '[]', '2026-01-05 12:00:00+00');
SELECT pg_catalog.setval('alert_events_id_seq', 4, true);
SELECT pg_catalog.setval('alerts_id_seq', 2, true);
SELECT pg_catalog.setval('audit_id_seq', 2, true);
SELECT pg_catalog.setval('business_figures_id_seq', 1, true);
SELECT pg_catalog.setval('gaps_id_seq', 1, true);
SELECT pg_catalog.setval('monitoring_logs_id_seq', 30, true);
SELECT pg_catalog.setval('relayed_results_id_seq', 1, false);
SELECT pg_catalog.setval('state_changes_id_seq', 4, true);
SELECT pg_catalog.setval('system_metrics_id_seq', 1, true);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY alert_events
    ADD CONSTRAINT alert_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY business_figures
    ADD CONSTRAINT business_figures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY gaps
    ADD CONSTRAINT gaps_pkey PRIMARY KEY (id);
ALTER TABLE ONLY host_rollups
    ADD CONSTRAINT host_rollups_pkey PRIMARY KEY (resolution, start, metric);
ALTER TABLE ONLY lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);
ALTER TABLE ONLY monitor
    ADD CONSTRAINT monitor_pkey PRIMARY KEY (name);
ALTER TABLE ONLY monitoring_logs
    ADD CONSTRAINT monitoring_logs_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20260105
    ADD CONSTRAINT monitoring_logs_p20260105_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20260106
    ADD CONSTRAINT monitoring_logs_p20260106_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20260107
    ADD CONSTRAINT monitoring_logs_p20260107_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20260108
    ADD CONSTRAINT monitoring_logs_p20260108_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20261126
    ADD CONSTRAINT monitoring_logs_p20261126_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20261127
    ADD CONSTRAINT monitoring_logs_p20261127_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20261128
    ADD CONSTRAINT monitoring_logs_p20261128_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitoring_logs_p20261129
    ADD CONSTRAINT monitoring_logs_p20261129_pkey PRIMARY KEY (id, "timestamp");
ALTER TABLE ONLY monitors
    ADD CONSTRAINT monitors_pkey PRIMARY KEY (name);
ALTER TABLE ONLY probe_slots
    ADD CONSTRAINT probe_slots_pkey PRIMARY KEY (location, target);
ALTER TABLE ONLY relayed_results
    ADD CONSTRAINT relayed_results_pkey PRIMARY KEY (id);
ALTER TABLE ONLY service_rollups
    ADD CONSTRAINT service_rollups_pkey PRIMARY KEY (resolution, start, service_name);
ALTER TABLE ONLY service_state
    ADD CONSTRAINT service_state_pkey PRIMARY KEY (service_name);
ALTER TABLE ONLY state_changes
    ADD CONSTRAINT state_changes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY store_meta
    ADD CONSTRAINT store_meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY system_metrics
    ADD CONSTRAINT system_metrics_pkey PRIMARY KEY (id);
ALTER TABLE ONLY tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY alert_events
    ADD CONSTRAINT ux_alert_events_seq UNIQUE (alert_id, seq);
ALTER TABLE ONLY viewers
    ADD CONSTRAINT viewers_pkey PRIMARY KEY (process);
CREATE INDEX ix_alert_events_timestamp ON alert_events USING btree ("timestamp");
CREATE INDEX ix_alerts_resolved_at ON alerts USING btree (resolved_at);
CREATE INDEX ix_alerts_timestamp ON alerts USING btree ("timestamp");
CREATE INDEX ix_audit_timestamp ON audit USING btree ("timestamp");
CREATE INDEX ix_business_figures_hourly ON business_figures USING btree (kind, hourly, "timestamp");
CREATE INDEX ix_business_figures_kind ON business_figures USING btree (kind, "timestamp");
CREATE INDEX ix_gaps_ended_at ON gaps USING btree (ended_at);
CREATE INDEX ix_monitoring_logs_service ON ONLY monitoring_logs USING btree (service_name, "timestamp");
CREATE INDEX ix_monitoring_logs_timestamp ON ONLY monitoring_logs USING brin ("timestamp");
CREATE INDEX ix_state_changes_service ON state_changes USING btree (service_name, "timestamp");
CREATE INDEX ix_state_changes_timestamp ON state_changes USING btree ("timestamp");
CREATE INDEX ix_system_metrics_timestamp ON system_metrics USING btree ("timestamp");
CREATE INDEX monitoring_logs_p20260105_service_name_timestamp_idx ON monitoring_logs_p20260105 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20260105_timestamp_idx ON monitoring_logs_p20260105 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20260106_service_name_timestamp_idx ON monitoring_logs_p20260106 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20260106_timestamp_idx ON monitoring_logs_p20260106 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20260107_service_name_timestamp_idx ON monitoring_logs_p20260107 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20260107_timestamp_idx ON monitoring_logs_p20260107 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20260108_service_name_timestamp_idx ON monitoring_logs_p20260108 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20260108_timestamp_idx ON monitoring_logs_p20260108 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20261126_service_name_timestamp_idx ON monitoring_logs_p20261126 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20261126_timestamp_idx ON monitoring_logs_p20261126 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20261127_service_name_timestamp_idx ON monitoring_logs_p20261127 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20261127_timestamp_idx ON monitoring_logs_p20261127 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20261128_service_name_timestamp_idx ON monitoring_logs_p20261128 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20261128_timestamp_idx ON monitoring_logs_p20261128 USING brin ("timestamp");
CREATE INDEX monitoring_logs_p20261129_service_name_timestamp_idx ON monitoring_logs_p20261129 USING btree (service_name, "timestamp");
CREATE INDEX monitoring_logs_p20261129_timestamp_idx ON monitoring_logs_p20261129 USING brin ("timestamp");
CREATE UNIQUE INDEX ux_alerts_open ON alerts USING btree (rule_id, subject) WHERE ((NOT resolved) AND (rule_id <> ''::text));
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20260105_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20260105_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20260105_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20260106_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20260106_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20260106_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20260107_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20260107_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20260107_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20260108_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20260108_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20260108_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20261126_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20261126_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20261126_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20261127_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20261127_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20261127_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20261128_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20261128_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20261128_timestamp_idx;
ALTER INDEX monitoring_logs_pkey ATTACH PARTITION monitoring_logs_p20261129_pkey;
ALTER INDEX ix_monitoring_logs_service ATTACH PARTITION monitoring_logs_p20261129_service_name_timestamp_idx;
ALTER INDEX ix_monitoring_logs_timestamp ATTACH PARTITION monitoring_logs_p20261129_timestamp_idx;
CREATE TRIGGER alert_events_no_change BEFORE UPDATE ON alert_events FOR EACH ROW EXECUTE FUNCTION alert_events_is_append_only();
CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
ALTER TABLE ONLY alert_events
    ADD CONSTRAINT alert_events_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alerts(id) ON DELETE CASCADE;
