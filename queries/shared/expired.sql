SELECT
    object_type,
    object_id
FROM (
    SELECT
        object_type,
        object_id,
        last_at,
        sipHash128(toString(object_type), object_id) AS fingerprint
    FROM sightline.object_activity FINAL
    WHERE tenant_id = {tenant_id:String}
        AND last_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
        AND (object_type, object_id) IN (
            -- include shared/scopes-keys
        )
) AS old
LEFT JOIN (
    SELECT
        fingerprint,
        max(cut_us) AS gone_until
    FROM sightline.removed_documents
    WHERE tenant_id = {tenant_id:String}
        AND fingerprint IN (
            SELECT sipHash128(toString(object_type), object_id)
            FROM sightline.derive_scope
            WHERE tenant_id = {tenant_id:String} AND startsWith(batch, {scopes:String})
        )
    GROUP BY fingerprint
) AS gone USING (fingerprint)
WHERE
    (
        object_type NOT IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'approval')
        OR toUnixTimestamp64Micro(last_at) < gone_until
        OR (object_type, object_id) IN (
            SELECT
                document_type,
                document_id
            FROM sightline.documents FINAL
            WHERE tenant_id = {tenant_id:String}
                AND closed_at IS NOT NULL
                AND (document_type, document_id) IN (
                    -- include shared/scopes-keys
                )
        )
    )
    -- What counts in a bucket from the cut on stays, such as a deadline after the last event.
    AND (object_type, object_id) NOT IN (
        SELECT
            document_type,
            document_id
        FROM sightline.kpi_fact_history
        WHERE tenant_id = {tenant_id:String}
            AND cohort_at >= fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
            AND (document_type, document_id) IN (
                -- include shared/scopes-keys
            )
    )
    AND (object_type, object_id) NOT IN (
        SELECT
            document_type,
            document_id
        FROM sightline.sla_clock_history
        WHERE tenant_id = {tenant_id:String}
            AND cohort_at >= fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
            AND (document_type, document_id) IN (
                -- include shared/scopes-keys
            )
    )
    -- What is not computed for sure stays until the next time, and what came meanwhile is not old.
    AND (object_type, object_id) NOT IN (
        SELECT
            object_type,
            object_id
        FROM sightline.dirty_objects
        WHERE tenant_id = {tenant_id:String}
            AND marked_at > fromUnixTimestamp64Micro({settled:Int64}, 'UTC')
            AND marked_at <= fromUnixTimestamp64Micro({begun:Int64}, 'UTC')
    )
    AND (object_type, object_id) NOT IN (
        SELECT
            object_type,
            object_id
        FROM sightline.object_events
        WHERE tenant_id = {tenant_id:String}
            AND occurred_at >= fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
            AND (object_type, object_id) IN (
                -- include shared/scopes-keys
            )
    )
