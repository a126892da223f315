-- Targets of a KPI with the time for which they hold.
SELECT
    JSONExtractString(body, 'dimension') AS dimension,
    JSONExtractString(body, 'group') AS of_group,
    toFloat64OrNull(trim(BOTH '"' FROM JSONExtractRaw(body, 'value'))) AS target,
    toUnixTimestamp64Micro(valid_from) AS from_us,
    toUnixTimestamp64Micro(valid_to) AS to_us
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}
    AND kind = 'targets'
    AND JSONExtractString(body, 'kpi') = {kpi:String}
ORDER BY valid_from
