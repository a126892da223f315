-- What else is kept of the events that object-timeline.sql gives, each content once: the class that they were given when they came, and what
-- timelines have no use for. Instants bound what is read; both are of these events.
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
    AND occurred_at >= {from:DateTime64(6, 'UTC')}
    AND occurred_at <= {to:DateTime64(6, 'UTC')}
    AND event_id IN {ids:Array(UUID)}
ORDER BY first_arrival DESC
LIMIT 1 BY event_id, content_hash
