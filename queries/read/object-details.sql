-- What else is kept of the events that object-timeline.sql gives, each content once: the class that they were given when they came, and what
-- timelines have no use for.
SELECT
    event_id,
    toString(content_hash) AS content,
    object_types,
    object_ids,
    object_qualifiers,
    message,
    class,
    category,
    reaction,
    confidence,
    rule_version,
    evidence,
    corrects_id,
    trace_id,
    ai,
    line,
    terms,
    attributes
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND toYear(occurred_at) IN (
        SELECT toYear(occurred_at)
        FROM sightline.object_events
        WHERE tenant_id = {tenant_id:String}
            AND object_type = {type:String}
            AND object_id = {id:String}
    )
    AND event_id IN (
        SELECT event_id
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = {type:String}
            AND object_id = {id:String}
        ORDER BY occurred_at, seq, place_id
        LIMIT {limit:UInt32}
    )
ORDER BY first_arrival DESC
LIMIT 1 BY event_id, content_hash
