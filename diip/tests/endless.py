"""Statements that run until cancelled."""

ENDLESS = {
    "postgresql": "SELECT pg_sleep(1000)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n WHERE i < 0",
}
