-- AI actions with what people decided on them, one row a kind, model and version, with the latest effects that nobody reviewed (`items`).
-- An action is an event by an AI agent or with a statement about AI, reviews apart; `ai.acted` belongs to the suggestion that it follows.
-- A review is a person's decision: on the event itself, or as `ai.reviewed` about the same documents and the same input. Of a suggestion
-- the first one after it counts, of an effect the last one before it. What an event is about are its objects other than suppliers,
-- contracts, runs and approvals, where it has such.
WITH
    -- First by columns that are cheap to read, and merged only then.
    of_ai AS
    (
        SELECT event_id
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND (ai_flag != '' OR actor_kind = 'ai_agent' OR ai != '')
    ),
    superseded AS
    (
        SELECT event_id
        FROM sightline.object_events
        WHERE tenant_id = {tenant_id:String} AND event_id IN (SELECT event_id FROM of_ai)
        GROUP BY object_type, object_id, event_id
        HAVING NOT argMax(live, version)
    ),
    said AS
    (
        SELECT
            event_id,
            occurred_at,
            activity,
            mapped,
            ai_flag,
            actor_id,
            actor_kind,
            system,
            object_types,
            object_ids,
            JSONExtractString(ai, 'model') AS model,
            JSONExtractString(ai, 'version') AS version,
            JSONExtractString(ai, 'kind') AS kind,
            JSONExtractString(ai, 'input_ref') AS input_ref,
            JSONExtract(ai, 'confidence', 'Nullable(Float64)') AS confidence,
            lower(trimBoth(JSONExtractString(ai, 'reviewer'))) AS reviewer,
            JSONExtractString(ai, 'reviewer_kind') AS reviewer_kind,
            replaceRegexpAll(lower(trimBoth(JSONExtractString(ai, 'decision'))), '[\\s-]+', '_') AS word,
            NOT has({undecided:Array(String)}, word) AS decided,
            multiIf(has({accepted:Array(String)}, word), 'accepted', has({overridden:Array(String)}, word), 'overridden', 'other') AS decision,
            decided
                AND reviewer != ''
                AND reviewer_kind IN ('', 'human')
                AND (actor_kind = 'human' OR reviewer != lower(actor_id))
                AND reviewer != lower(model)
                AND NOT (model != '' AND startsWith(reviewer, concat(lower(model), ':')))
                AND (reviewer_kind = 'human' OR NOT match(reviewer, {machine:String})) AS own_review,
            arrayFilter(
                object -> object.1 NOT IN ('supplier', 'contract', 'workflow_run', 'approval'),
                arrayZip(object_types, object_ids)
            ) AS documents,
            if(empty(documents), arrayZip(object_types, object_ids), documents) AS about
        FROM sightline.events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND event_id IN (SELECT event_id FROM of_ai)
            AND event_id NOT IN (SELECT event_id FROM superseded)
        ORDER BY event_id, first_arrival DESC
        LIMIT 1 BY event_id
    ),
    reviews AS
    (
        SELECT
            arrayJoin(about) AS document,
            input_ref AS review_ref,
            occurred_at AS review_at,
            decision AS review_decision
        FROM said
        WHERE activity = 'ai.reviewed'
            AND (own_review OR (decided AND reviewer = '' AND actor_kind = 'human' AND NOT match(lower(actor_id), {machine:String})))
    ),
    actions AS
    (
        SELECT *
        FROM said
        WHERE activity != 'ai.reviewed'
            AND occurred_at >= toDateTime64({from:String}, 6, 'UTC')
            AND occurred_at < toDateTime64({to:String}, 6, 'UTC')
    ),
    matched AS
    (
        SELECT
            event_id,
            argMinIf(review_decision, review_at, review_at >= occurred_at) AS later_decision,
            argMaxIf(review_decision, review_at, review_at <= occurred_at) AS earlier_decision
        FROM
        (
            SELECT event_id, occurred_at, input_ref, arrayJoin(about) AS document
            FROM actions
        ) AS a
        INNER JOIN reviews AS r ON a.document = r.document
        WHERE input_ref = '' OR review_ref = '' OR input_ref = review_ref
        GROUP BY event_id
    ),
    judged AS
    (
        SELECT
            a.event_id AS event_id,
            a.occurred_at AS occurred_at,
            a.activity AS activity,
            a.ai_flag AS flag,
            a.kind AS kind,
            a.model AS model,
            a.version AS version,
            a.input_ref AS input_ref,
            a.confidence AS stated,
            a.actor_id AS actor_id,
            a.system AS system,
            a.object_types AS object_types,
            a.object_ids AS object_ids,
            a.actor_kind = 'ai_agent' AND NOT a.mapped AND flag = '' AS is_unjudged,
            multiIf(a.own_review, a.decision, flag != '', m.earlier_decision, m.later_decision) AS verdict,
            flag != '' AND verdict = '' AS is_unreviewed,
            a.activity != 'ai.acted'
                OR a.input_ref = ''
                OR (a.model, a.input_ref) NOT IN (SELECT model, input_ref FROM said WHERE activity = 'ai.suggested') AS is_action
        FROM actions AS a
        LEFT JOIN matched AS m ON a.event_id = m.event_id
    )
SELECT
    kind,
    model,
    version,
    countIf(is_action) AS n,
    countIf(is_action AND verdict != '') AS reviewed,
    countIf(is_action AND verdict = 'accepted') AS accepted,
    countIf(is_action AND verdict = 'overridden') AS overridden,
    countIf(is_unreviewed) AS unreviewed,
    countIf(is_unjudged) AS unjudged,
    avgOrNull(stated) AS confidence,
    avgOrNullIf(stated, verdict = 'accepted') AS confidence_accepted,
    avgOrNullIf(stated, verdict = 'overridden') AS confidence_overridden,
    CAST(
        arraySlice(
            arrayReverseSort(
                item -> (item.2, item.1),
                groupArrayIf((toString(event_id), occurred_at, activity, flag, actor_id, input_ref, stated, system, object_types, object_ids), is_unreviewed)
            ),
            1,
            {limit:UInt32}
        ),
        'Array(Tuple(event_id String, occurred_at DateTime64(6, ''UTC''), activity String, flag String, actor_id String, input_ref String, confidence Nullable(Float64), system String, object_types Array(String), object_ids Array(String)))'
    ) AS items
FROM judged
GROUP BY kind, model, version
ORDER BY n DESC, kind, model, version
