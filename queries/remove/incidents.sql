-- Incidents whose last failure is older than the cut and whose documents have gone. What is left of their documents, their states and they.
DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND incident_id IN (
        -- include shared/expired-incidents
    )
