-- What arrived since an instant and may have moved other events: corrections, and exceptions that name a cause.
SELECT
    tenant_id,
    groupUniqArrayIf(event_id, corrects_id IS NOT NULL) AS events,
    groupUniqArrayIf(exception_id, exception_caused_by != '' AND exception_id != '') AS roots
FROM sightline.events
WHERE received_at >= {since:DateTime64(6, 'UTC')}
    AND (corrects_id IS NOT NULL OR exception_caused_by != '')
GROUP BY tenant_id
