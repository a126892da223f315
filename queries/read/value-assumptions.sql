-- The assumptions of value that hold at an instant.
SELECT argMax(body, valid_from) AS said
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}
    AND kind = 'value_assumptions'
    AND valid_from <= {at:DateTime64(6, 'UTC')}
    AND {at:DateTime64(6, 'UTC')} < valid_to
HAVING said != ''
