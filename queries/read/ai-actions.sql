-- AI actions with what people decided on them, one row a kind, model and version, with the latest effects that nobody reviewed (`items`).
-- `calibration` is over actions with a stated confidence that were accepted or overridden, parallel by tenths of the confidence, the last one
-- closed: the tenth, actions, accepted, sum of the confidence, sum of (confidence − outcome)².
-- An action is an event by an AI agent or with a statement about AI, reviews apart; `ai.acted` belongs to the suggestion that it follows.
-- Reviews are decisions on the event itself, or `ai.reviewed` about the same documents and the same input, and lie within `reach` of the
-- window. Of a suggestion the first one after it counts, of an effect the last one before it.
WITH
    told AS (
        SELECT *
        FROM sightline.ai_events FINAL
        PREWHERE tenant_id = {tenant_id:String}
            AND occurred_day >= toDate32({reach_from:DateTime64(6, 'UTC')})
            AND occurred_day <= toDate32({reach_to:DateTime64(6, 'UTC')})
    ),
    reviews AS (
        SELECT
            arrayJoin(about) AS document,
            input_ref AS review_ref,
            occurred_at AS review_at,
            review AS review_decision
        FROM told
        WHERE review != ''
    ),
    actions AS (
        SELECT *
        FROM told
        WHERE activity != 'ai.reviewed'
            AND occurred_at >= {from:DateTime64(6, 'UTC')}
            AND occurred_at < {to:DateTime64(6, 'UTC')}
    ),
    matched AS (
        SELECT
            event_id,
            argMinIf(review_decision, review_at, review_at >= occurred_at) AS later_decision,
            argMaxIf(review_decision, review_at, review_at <= occurred_at) AS earlier_decision
        FROM (
            SELECT event_id, occurred_at, input_ref, arrayJoin(about) AS document
            FROM actions
        ) AS a
        INNER JOIN reviews AS r ON a.document = r.document
        WHERE input_ref = '' OR review_ref = '' OR input_ref = review_ref
        GROUP BY event_id
    ),
    judged AS (
        SELECT
            a.event_id AS event_id,
            a.occurred_at AS occurred_at,
            a.activity AS activity,
            a.flag AS flag,
            a.kind AS kind,
            a.model AS model,
            a.model_version AS version,
            a.input_ref AS input_ref,
            a.confidence AS stated,
            toUInt8(least(floor(assumeNotNull(stated) * 10), 9)) AS tenth,
            a.actor_id AS actor_id,
            a.system AS system,
            a.object_types AS object_types,
            a.object_ids AS object_ids,
            a.actor_kind = 'ai_agent' AND NOT a.mapped AND flag = '' AS is_unjudged,
            multiIf(a.decision != '', toString(a.decision), flag != '', toString(m.earlier_decision), toString(m.later_decision)) AS verdict,
            flag != '' AND verdict = '' AS is_unreviewed,
            a.activity != 'ai.acted'
                OR a.input_ref = ''
                OR (a.model, a.input_ref) NOT IN (SELECT model, input_ref FROM told WHERE activity = 'ai.suggested') AS is_action
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
    sumMapIf(
        [tenth],
        [toUInt32(1)],
        [toUInt32(verdict = 'accepted')],
        [assumeNotNull(stated)],
        [pow(assumeNotNull(stated) - (verdict = 'accepted'), 2)],
        is_action AND verdict IN ('accepted', 'overridden') AND stated IS NOT NULL
    ) AS calibration,
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
