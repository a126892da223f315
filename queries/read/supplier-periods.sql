-- One supplier by period, with what is known of it: the window is period 0, the stretches of the same length before it are 1, 2, …
WITH (
    SELECT argMax(body, valid_from)
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers' AND key = {supplier:String} AND valid_from < {to:DateTime64(6, 'UTC')}
) AS said
SELECT
    *,
    JSONExtractString(said, 'name') AS supplier_name,
    JSONExtractString(said, 'class') AS class,
    JSONExtractString(said, 'risk') AS risk,
    JSONExtractString(said, 'country') AS country,
    JSONExtractString(said, 'status') AS status
FROM (
    -- include shared/supplier-periods
)
ORDER BY period DESC
