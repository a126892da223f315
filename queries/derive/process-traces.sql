-- The steps of the scope's objects in order, where that differs from what is stored.
INSERT INTO sightline.process_traces
WITH
    completions AS (
        SELECT
            object_type,
            object_id,
            assumeNotNull(completes_id) AS started_id,
            max(occurred_at) AS ended_at
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND completes_id IS NOT NULL
        GROUP BY
            object_type,
            object_id,
            started_id
    ),
    computed AS (
        SELECT
            object_type,
            object_id,
            arraySort(groupArray((
                occurred_at,
                seq,
                place_id,
                ended_at,
                toString(activity),
                toString(source_activity),
                toString(step),
                actor_id,
                toString(system)
            ))) AS steps,
            toDate32(steps[1].1) AS started_day,
            greatest(cityHash64(steps), 1) AS content
        FROM (
            SELECT
                object_type,
                object_id,
                event_id,
                occurred_at,
                seq,
                place_id,
                activity,
                source_activity,
                step,
                actor_id,
                system
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND is_step
        ) AS steps
        LEFT JOIN completions
            ON completions.object_type = steps.object_type
            AND completions.object_id = steps.object_id
            AND completions.started_id = steps.event_id
        GROUP BY
            object_type,
            object_id
    ),
    stored AS (
        SELECT
            object_type,
            object_id,
            started_day,
            content
        FROM sightline.process_traces FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_id IN (
                SELECT object_id
                FROM sightline.derive_scope
                WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
            )
            AND (object_type, object_id) IN (
                -- include shared/scope-keys
            )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    if(is_gone, stored.object_type, computed.object_type) AS object_type,
    if(is_gone, stored.started_day, computed.started_day) AS started_day,
    if(is_gone, stored.object_id, computed.object_id) AS object_id,
    steps[1].1 AS started_at,
    steps.1 AS instants,
    steps.4 AS ends,
    steps.5 AS activities,
    steps.6 AS source_activities,
    steps.7 AS workflow_steps,
    steps.8 AS actors,
    steps.9 AS systems,
    computed.content AS content,
    {version:UInt64} AS version,
    computed.content = 0 AS is_gone
FROM computed
FULL JOIN stored
    ON stored.object_type = computed.object_type
    AND stored.object_id = computed.object_id
    AND stored.started_day = computed.started_day
WHERE computed.content != stored.content
