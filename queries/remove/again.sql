-- Sends stored events through the views once more, which make their rows anew; in `events` itself they replace themselves.
INSERT INTO sightline.events
SELECT *
FROM sightline.events FINAL
WHERE tenant_id = {tenant_id:String}
    AND import_id != {import_id:String}
    AND event_id IN {ids:Array(UUID)}
