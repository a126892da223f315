-- What AI did on the scope's documents and what people decided on it, where that differs from what is stored: events by an AI agent or with a
-- statement about AI. A review is a person's decision: on the event itself, or as `ai.reviewed`.
INSERT INTO sightline.ai_events
WITH
    led AS (
        SELECT
            event_id,
            content_hash,
            object_type,
            object_id,
            occurred_at
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND leads
    ),
    said AS (
        SELECT
            led.object_type AS document_type,
            led.object_id AS document_id,
            led.event_id AS event_id,
            led.occurred_at AS happened_at,
            toString(activity) AS activity,
            mapped,
            toString(ai_flag) AS flag,
            actor_id,
            toString(actor_kind) AS actor_kind,
            toString(system) AS system,
            CAST(object_types, 'Array(String)') AS object_types,
            object_ids,
            JSONExtractString(ai, 'model') AS model,
            JSONExtractString(ai, 'version') AS model_version,
            JSONExtractString(ai, 'kind') AS kind,
            JSONExtractString(ai, 'input_ref') AS input_ref,
            JSONExtract(ai, 'confidence', 'Nullable(Float64)') AS confidence,
            lower(trimBoth(JSONExtractString(ai, 'reviewer'))) AS reviewer,
            JSONExtractString(ai, 'reviewer_kind') AS reviewer_kind,
            replaceRegexpAll(lower(trimBoth(JSONExtractString(ai, 'decision'))), '[\\s-]+', '_') AS word,
            NOT has({undecided:Array(String)}, word) AS decided,
            multiIf(has({accepted:Array(String)}, word), 'accepted', has({overridden:Array(String)}, word), 'overridden', 'other') AS verdict,
            decided
                AND reviewer != ''
                AND reviewer_kind IN ('', 'human')
                AND (actor_kind = 'human' OR reviewer != lower(actor_id))
                AND reviewer != lower(model)
                AND NOT (model != '' AND startsWith(reviewer, concat(lower(model), ':')))
                AND (reviewer_kind = 'human' OR NOT match(reviewer, {machine:String})) AS own_review,
            own_review OR (decided AND reviewer = '' AND actor_kind = 'human' AND NOT match(lower(actor_id), {machine:String})) AS is_judged,
            arrayFilter(
                object -> object.1 NOT IN ('supplier', 'contract', 'workflow_run', 'approval'),
                arrayZip(object_types, object_ids)
            ) AS documents,
            if(empty(documents), arrayZip(object_types, object_ids), documents) AS about
        FROM (
            SELECT
                event_id,
                content_hash,
                activity,
                mapped,
                ai_flag,
                actor_id,
                actor_kind,
                system,
                object_types,
                object_ids,
                ai
            FROM sightline.events
            WHERE tenant_id = {tenant_id:String}
                AND event_id IN (SELECT event_id FROM led)
                AND (ai_flag != '' OR actor_kind = 'ai_agent' OR ai != '')
            ORDER BY first_arrival DESC
            LIMIT 1 BY event_id, content_hash
        ) AS told
        INNER JOIN led ON led.event_id = told.event_id AND led.content_hash = told.content_hash
    ),
    computed AS (
        SELECT
            toDate32(happened_at) AS occurred_day,
            event_id,
            document_type,
            document_id,
            (
                happened_at,
                activity,
                mapped,
                flag,
                actor_id,
                actor_kind,
                system,
                object_types,
                object_ids,
                about,
                model,
                model_version,
                kind,
                input_ref,
                confidence,
                if(own_review, verdict, ''),
                if(activity = 'ai.reviewed' AND is_judged, verdict, '')
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM said
    ),
    stored AS (
        SELECT
            occurred_day,
            event_id,
            document_type,
            document_id,
            content
        FROM sightline.ai_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND document_id IN (
                SELECT object_id
                FROM sightline.derive_scope
                WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
            )
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    if(is_gone, stored.occurred_day, computed.occurred_day) AS occurred_day,
    if(is_gone, stored.event_id, computed.event_id) AS event_id,
    if(is_gone, stored.document_type, computed.document_type) AS document_type,
    if(is_gone, stored.document_id, computed.document_id) AS document_id,
    said.1 AS occurred_at,
    said.2 AS activity,
    said.3 AS mapped,
    said.4 AS flag,
    said.5 AS actor_id,
    said.6 AS actor_kind,
    said.7 AS system,
    said.8 AS object_types,
    said.9 AS object_ids,
    said.10 AS about,
    said.11 AS model,
    said.12 AS model_version,
    said.13 AS kind,
    said.14 AS input_ref,
    said.15 AS confidence,
    said.16 AS decision,
    said.17 AS review,
    computed.content AS content,
    {version:UInt64} AS version,
    computed.content = 0 AS is_gone
FROM computed
FULL JOIN stored
    ON stored.occurred_day = computed.occurred_day
    AND stored.event_id = computed.event_id
    AND stored.document_type = computed.document_type
    AND stored.document_id = computed.document_id
WHERE computed.content != stored.content
