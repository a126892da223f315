-- The events that go: all documents that they are about have gone or go. Where an event names no document, all its objects must.
INSERT INTO sightline.removal_events
SELECT
    {tenant_id:String},
    event_id
FROM (
    -- include shared/expired-events
)
