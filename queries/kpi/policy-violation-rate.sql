-- title: Policy violations
-- unit: per_1000
-- better: lower
-- grain: requisition, purchase_order, invoice, payment or onboarding
-- cohort: violation detected
-- definition: Policies reported violated (policy.violated), each document and policy once, when first reported, for 1,000
--   documents with an event in the bucket. Undefined where no event of the window names a policy. n: documents with an event
--   in the bucket.
-- benchmark: none
-- minimum_n: 20
WITH
    at -> multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', at), 6, 'UTC'),
        if(at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket_of
SELECT
    bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, 1000 * sum(countEqual(violations, bucket)) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(evaluable) AS n,
    toUInt64(0) AS open
FROM (
    SELECT
        object_type,
        object_id,
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        groupUniqArray(bucket_of(occurred_at)) AS buckets,
        max(countIf(policy_id != '')) OVER () > 0 AS evaluable
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding')
        AND live
        AND occurred_at >= {from:DateTime64(6, 'UTC')} AND occurred_at < {to:DateTime64(6, 'UTC')}
    GROUP BY object_type, object_id
) AS documents
LEFT JOIN (
    SELECT object_type, object_id, groupArray(bucket_of(violated_at)) AS violations
    FROM (
        SELECT object_type, object_id, min(occurred_at) AS violated_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding')
            AND live
            AND activity = 'policy.violated'
        GROUP BY object_type, object_id, policy_id
        HAVING violated_at >= {from:DateTime64(6, 'UTC')} AND violated_at < {to:DateTime64(6, 'UTC')}
    )
    GROUP BY object_type, object_id
) AS violated USING (object_type, object_id)
ARRAY JOIN buckets AS bucket
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`
