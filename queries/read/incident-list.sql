-- Incidents that touch a window, the latest first, with the documents that they block. Money is that of documents which the failed operation
-- is about, each once.
WITH
    listed AS (
        SELECT *
        FROM sightline.incidents FINAL
        WHERE tenant_id = {tenant_id:String}
            AND first_failed_at < {to:DateTime64(6, 'UTC')}
            AND (ended_at IS NULL OR ended_at >= {from:DateTime64(6, 'UTC')})
            AND ({system:String} = '' OR system = {system:String})
            AND ({id:String} = '' OR incident_id = {id:String})
            AND ({state:String} = '' OR ({state:String} = 'ended') = (ended_at IS NOT NULL))
            AND (toUnixTimestamp64Micro(first_failed_at), incident_id) < ({after_us:Int64}, {after_id:String})
        ORDER BY
            first_failed_at DESC,
            incident_id DESC
        LIMIT {limit:UInt32}
    ),
    blocked AS (
        SELECT
            incident_id,
            document_type,
            document_id,
            max(released_at IS NULL) AS is_blocked,
            anyIf(currency, leads) AS money_currency,
            maxIf(amount, leads) AS money
        FROM sightline.incident_documents FINAL
        WHERE tenant_id = {tenant_id:String} AND incident_id IN (SELECT incident_id FROM listed)
        GROUP BY
            incident_id,
            document_type,
            document_id
    ),
    sums AS (
        SELECT
            incident_id,
            sum(documents) AS documents,
            sum(documents_now) AS documents_now,
            groupArrayIf((money_currency, toString(total), toString(total_now)), total != 0) AS money
        FROM (
            SELECT
                incident_id,
                money_currency,
                count() AS documents,
                countIf(is_blocked) AS documents_now,
                sum(ifNull(money, 0)) AS total,
                sumIf(ifNull(money, 0), is_blocked) AS total_now
            FROM blocked
            GROUP BY
                incident_id,
                money_currency
            ORDER BY money_currency
        )
        GROUP BY incident_id
    )
SELECT
    incident_id,
    system,
    family,
    category,
    first_failed_at,
    toUnixTimestamp64Micro(first_failed_at) AS first_us,
    last_failed_at,
    ended_at,
    by_cluster_rule,
    failed_attempts,
    attempts,
    operations,
    operations_healed,
    operations_given_up,
    suppliers,
    classes,
    codes,
    samples,
    announced,
    release_before,
    release_after,
    documents,
    documents_now,
    money
FROM listed
LEFT JOIN sums USING (incident_id)
ORDER BY
    first_us DESC,
    incident_id DESC
