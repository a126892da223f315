-- Tells first arrivals from copies among the rows that a tenant received in one minute. A row is stored where it is the first arrival of its
-- identity and content; what arrived beside it are copies.
INSERT INTO sightline.ingest_ledger
SELECT
    {tenant_id:String} AS tenant_id,
    feed,
    {minute:DateTime('UTC')} AS minute,
    sum(arrived_rows) AS arrived,
    sum(stored_rows) AS stored,
    {settled_at:DateTime64(6, 'UTC')} AS settled_at
FROM (
    SELECT
        feed,
        groupBitmapMerge(ordinals) AS arrived_rows,
        0 AS stored_rows
    FROM sightline.batch_arrivals
    WHERE tenant_id = {tenant_id:String} AND minute = {minute:DateTime('UTC')}
    GROUP BY
        feed,
        batch_id
    UNION ALL
    SELECT
        tupleElement(winner, 1) AS feed,
        0 AS arrived_rows,
        count() AS stored_rows
    FROM (
        SELECT
            argMax(tuple(feed, batch_id, subtractMicroseconds(received_at, ordinal)), first_arrival) AS winner
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String}
            AND event_id IN (
                SELECT event_id
                FROM sightline.events
                WHERE tenant_id = {tenant_id:String}
                    AND batch_id != 0
                    AND received_at >= {minute:DateTime('UTC')}
                    AND received_at < {minute:DateTime('UTC')} + INTERVAL 62 SECOND
            )
        GROUP BY
            tenant_id,
            event_id,
            content_hash
        HAVING tupleElement(winner, 2) != 0 AND toStartOfMinute(tupleElement(winner, 3)) = {minute:DateTime('UTC')}
        SETTINGS optimize_aggregation_in_order = 1
    )
    GROUP BY feed
    UNION ALL
    SELECT
        tupleElement(winner, 1) AS feed,
        0 AS arrived_rows,
        count() AS stored_rows
    FROM (
        SELECT
            argMax(tuple(feed, batch_id, subtractMicroseconds(received_at, ordinal)), first_arrival) AS winner
        FROM sightline.integration_calls
        WHERE tenant_id = {tenant_id:String}
            AND (system, toStartOfHour(started_at), trace_id, span_id) IN (
                SELECT
                    system,
                    toStartOfHour(started_at),
                    trace_id,
                    span_id
                FROM sightline.integration_calls
                WHERE tenant_id = {tenant_id:String}
                    AND batch_id != 0
                    AND received_at >= {minute:DateTime('UTC')}
                    AND received_at < {minute:DateTime('UTC')} + INTERVAL 62 SECOND
            )
        GROUP BY
            toYYYYMM(started_at),
            tenant_id,
            system,
            toStartOfHour(started_at),
            trace_id,
            span_id
        HAVING tupleElement(winner, 2) != 0 AND toStartOfMinute(tupleElement(winner, 3)) = {minute:DateTime('UTC')}
    )
    GROUP BY feed
    UNION ALL
    SELECT
        tupleElement(winner, 1) AS feed,
        0 AS arrived_rows,
        count() AS stored_rows
    FROM (
        SELECT
            argMax(tuple(feed, batch_id, subtractMicroseconds(received_at, ordinal)), first_arrival) AS winner
        FROM sightline.metric_points
        WHERE tenant_id = {tenant_id:String}
            AND (system, name, series, at) IN (
                SELECT
                    system,
                    name,
                    series,
                    at
                FROM sightline.metric_points
                WHERE tenant_id = {tenant_id:String}
                    AND batch_id != 0
                    AND received_at >= {minute:DateTime('UTC')}
                    AND received_at < {minute:DateTime('UTC')} + INTERVAL 62 SECOND
            )
        GROUP BY
            tenant_id,
            system,
            name,
            series,
            at
        HAVING tupleElement(winner, 2) != 0 AND toStartOfMinute(tupleElement(winner, 3)) = {minute:DateTime('UTC')}
    )
    GROUP BY feed
    UNION ALL
    SELECT
        tupleElement(winner, 1) AS feed,
        0 AS arrived_rows,
        count() AS stored_rows
    FROM (
        SELECT
            argMax(tuple(feed, batch_id, subtractMicroseconds(received_at, ordinal)), first_arrival) AS winner
        FROM sightline.logs
        WHERE tenant_id = {tenant_id:String}
            AND (system, at, log_id) IN (
                SELECT
                    system,
                    at,
                    log_id
                FROM sightline.logs
                WHERE tenant_id = {tenant_id:String}
                    AND batch_id != 0
                    AND received_at >= {minute:DateTime('UTC')}
                    AND received_at < {minute:DateTime('UTC')} + INTERVAL 62 SECOND
            )
        GROUP BY
            tenant_id,
            system,
            at,
            log_id
        HAVING tupleElement(winner, 2) != 0 AND toStartOfMinute(tupleElement(winner, 3)) = {minute:DateTime('UTC')}
    )
    GROUP BY feed
)
GROUP BY feed
