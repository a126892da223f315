-- Violations of each control in a window: by state, the money at risk of those open, and how many in each bucket.
SELECT
    control,
    countIf(state != 'retracted') AS violations,
    countIf(state = 'open') AS open,
    countIf(state = 'accepted') AS accepted,
    countIf(state = 'remediated') AS remediated,
    countIf(state = 'retracted') AS retracted,
    uniqExactIf((document_type, document_id), state != 'retracted') AS documents,
    if(violations = 0, NULL, maxIf(detected_at, state != 'retracted')) AS last_at,
    arraySort(
        arrayMap(
            code -> (code, toString(arraySum(arrayMap(one -> one.2, arrayFilter(one -> one.1 = code, monies))))),
            arrayDistinct(arrayMap(one -> one.1, monies))
        )
    ) AS money,
    groupArrayIf((toString(currency), assumeNotNull(amount)), state = 'open' AND amount IS NOT NULL) AS monies,
    arraySort(
        arrayMap(
            (bucket, n) -> (formatDateTime(bucket, '%Y-%m-%dT%H:%i:%SZ', 'UTC'), n),
            (sumMapIf([bucket], [toUInt64(1)], state != 'retracted') AS buckets).1,
            buckets.2
        )
    ) AS trend
FROM (
    SELECT
        *,
        multiIf(
            {bucket:String} = 'day', toDateTime(toDate(detected_at), 'UTC'),
            {bucket:String} = 'month', toDateTime(toStartOfMonth(detected_at), 'UTC'),
            toDateTime(toMonday(detected_at), 'UTC')
        ) AS bucket
    FROM (
        -- include shared/violations-with-state
    )
)
GROUP BY control
ORDER BY control
