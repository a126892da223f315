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
        {from:DateTime64(6, 'UTC')}
    ) AS bucket_of,
    at -> at >= {from:DateTime64(6, 'UTC')} AND at < {to:DateTime64(6, 'UTC')} AS within
SELECT
    bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, 1000 * sum(countEqual(violations, bucket)) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(evaluable) AS n,
    toUInt64(0) AS open
FROM (
    SELECT
        maxForEach(policy_dims) AS object_dims,
        groupUniqArrayArray(policy_buckets) AS buckets,
        groupArrayIf(bucket_of(violated_at), violated AND within(violated_at)) AS violations,
        max(max(named)) OVER () AS evaluable
    FROM (
        SELECT
            object_type,
            object_id,
            maxForEach(dims) AS policy_dims,
            groupUniqArrayIf(bucket_of(occurred_at), within(occurred_at)) AS policy_buckets,
            countIf(activity = 'policy.violated') > 0 AS violated,
            minIf(occurred_at, activity = 'policy.violated') AS violated_at,
            policy_id != '' AND notEmpty(policy_buckets) AS named
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding')
            AND live
        GROUP BY object_type, object_id, policy_id
    )
    GROUP BY object_type, object_id
)
ARRAY JOIN buckets AS bucket
WHERE arrayAll((dim, want) -> want = '' OR dim = want, object_dims, {filters:Array(String)})
GROUP BY bucket, `group`
ORDER BY bucket, `group`
