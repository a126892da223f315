-- Message and evidence of events, of the first arrival where copies conflict.
SELECT
    event_id,
    argMax(message, first_arrival) AS first_message,
    argMax(evidence, first_arrival) AS first_evidence,
    argMax(confidence, first_arrival) AS first_confidence
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {event_ids:Array(UUID)}
GROUP BY event_id
