-- Contributions to a month that differ from what was known at an instant: those of the month then, now, or both. For each KPI the number
-- of them, and the latest ones.
SELECT
    kpi,
    count() AS changed,
    arraySlice(
        arrayReverseSort(
            one -> (one.4, one.1, one.2, one.3),
            groupArray((document_type, document_id, subject_id, known_us, was_known, state_then, state_now))
        ),
        1,
        {limit:UInt32}
    ) AS documents
FROM (
    SELECT
        kpi,
        document_type,
        document_id,
        subject_id,
        max(version) AS known_us,
        countIf(version <= {as_of:UInt64}) > 0 AS was_known,
        argMaxIf(state, version, version <= {as_of:UInt64}) AS state_then,
        argMax(state, version) AS state_now
    FROM (
        SELECT
            *,
            (
                toUnixTimestamp64Micro(cohort_at),
                multiIf(absent, 'absent', counted, 'counted', open, 'open', 'excluded'),
                toString(reason),
                value,
                weight
            ) AS state
        FROM sightline.kpi_fact_history FINAL
        WHERE tenant_id = {tenant_id:String}
            AND (document_type, document_id, kpi, subject_id) IN (
                SELECT
                    document_type,
                    document_id,
                    kpi,
                    subject_id
                FROM sightline.kpi_fact_history
                WHERE tenant_id = {tenant_id:String}
                GROUP BY
                    document_type,
                    document_id,
                    kpi,
                    subject_id
                HAVING max(version) > {as_of:UInt64}
                    AND countIf(
                        cohort_at >= fromUnixTimestamp64Micro({from_us:Int64}, 'UTC')
                        AND cohort_at < fromUnixTimestamp64Micro({to_us:Int64}, 'UTC')
                    ) > 0
            )
    )
    GROUP BY
        kpi,
        document_type,
        document_id,
        subject_id
    HAVING state_then != state_now
        AND NOT (NOT was_known AND state_now.2 = 'absent')
        AND (
            was_known AND state_then.2 != 'absent' AND state_then.1 >= {from_us:Int64} AND state_then.1 < {to_us:Int64}
            OR state_now.2 != 'absent' AND state_now.1 >= {from_us:Int64} AND state_now.1 < {to_us:Int64}
        )
)
GROUP BY kpi
ORDER BY kpi
