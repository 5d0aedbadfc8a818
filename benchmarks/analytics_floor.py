"""Baseline of the analytics benchmark: the same results by plain SQL."""

GROUP_BY = """
SELECT (opened_at AT TIME ZONE 'UTC')::date AS day, count(*), count(closed_at),
    avg(closed_at - opened_at)
FROM issues_issue WHERE project_id = %(project)s GROUP BY day"""

STORE_FACTS = (
    "CREATE TABLE bare_facts (LIKE analytics_issuefacts INCLUDING ALL)",
    "INSERT INTO bare_facts SELECT * FROM analytics_issuefacts WHERE project_id = %(project)s",
    "DROP TABLE bare_facts",
)
"""SQL that copies existing facts into a table with the same indexes."""

SUMMARY = """
WITH found AS MATERIALIZED (
    SELECT opened, closed, resolution_n, resolution_seconds,
        distributions->'resolution' AS durations
    FROM analytics_analyticssummary
    WHERE project_id = %(project)s AND day BETWEEN %(first)s AND %(last)s),
buckets AS (
    SELECT key::int AS bucket, sum(value::int) AS n
    FROM found, jsonb_each_text(durations) GROUP BY key),
ranked AS (
    SELECT bucket, sum(n) OVER (ORDER BY bucket) AS rank, sum(n) OVER () AS n FROM buckets)
SELECT sum(opened) AS opened, sum(closed) AS closed,
    sum(resolution_seconds) / nullif(sum(resolution_n), 0) AS average,
    (SELECT min(bucket) FROM ranked WHERE rank >= 0.5 * n) AS p50,
    (SELECT min(bucket) FROM ranked WHERE rank >= 0.9 * n) AS p90,
    (SELECT array[total_issues, open_issues] FROM analytics_analyticssummary
     WHERE project_id = %(project)s ORDER BY day DESC LIMIT 1) AS totals
FROM found"""
"""SQL of one metric's totals, average, P50 and P90."""

ROWS = """
SELECT day, distributions::text, excluded::text, opened, closed, reopened, delivered,
    resolution_n, resolution_seconds, response_n, response_seconds, cycle_n, cycle_seconds
FROM analytics_analyticssummary
WHERE project_id = %(project)s AND day BETWEEN %(first)s AND %(last)s ORDER BY day"""
"""SQL of the daily rows, unchanged."""

TRENDS = """
WITH found AS MATERIALIZED (
    SELECT date_trunc('week', day) AS week, resolution_n, resolution_seconds,
        distributions->'resolution' AS durations
    FROM analytics_analyticssummary
    WHERE project_id = %(project)s AND day BETWEEN %(first)s AND %(last)s),
buckets AS (
    SELECT week, key::int AS bucket, sum(value::int) AS n
    FROM found, jsonb_each_text(durations) GROUP BY week, key),
ranked AS (
    SELECT week, bucket, sum(n) OVER (PARTITION BY week ORDER BY bucket) AS rank,
        sum(n) OVER (PARTITION BY week) AS n
    FROM buckets),
percentiles AS (
    SELECT week, min(bucket) FILTER (WHERE rank >= 0.5 * n) AS p50,
        min(bucket) FILTER (WHERE rank >= 0.9 * n) AS p90
    FROM ranked GROUP BY week)
SELECT week, sum(resolution_seconds) / nullif(sum(resolution_n), 0) AS average, p50, p90
FROM found JOIN percentiles USING (week) GROUP BY week, p50, p90 ORDER BY week"""
