-- Message and evidence of events that happened from `first` to `last`, of the first arrival where copies conflict.
SELECT
    event_id,
    argMax(message, first_arrival) AS first_message,
    argMax(evidence, first_arrival) AS first_evidence,
    argMax(confidence, first_arrival) AS first_confidence
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {event_ids:Array(UUID)}
    AND occurred_at >= {first:DateTime64(6, 'UTC')}
    AND occurred_at <= {last:DateTime64(6, 'UTC')}
GROUP BY event_id
