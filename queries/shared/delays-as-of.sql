SELECT
    tenant_id,
    document_type,
    document_id,
    version,
    cohort_at,
    finished,
    * EXCEPT (tenant_id, document_type, document_id, version, cohort_at, finished, cohort_day, is_deleted)
FROM sightline.delays FINAL
WHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND finished = {finished:Bool}
    AND (NOT {finished:Bool} OR (cohort_day >= toDate32({from:DateTime64(6, 'UTC')}) AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})))
    AND (document_type, document_id) NOT IN (
        -- include shared/delays-changed
    )
UNION ALL
SELECT
    tenant_id,
    document_type,
    document_id,
    version,
    cohort_at,
    finished,
    * EXCEPT (tenant_id, document_type, document_id, version, cohort_at, finished, subject_id, absent, content)
FROM sightline.delay_history
WHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND version <= {as_of:UInt64}
    AND (document_type, document_id, version) IN (
        SELECT
            document_type,
            document_id,
            max(version)
        FROM sightline.delay_history
        WHERE tenant_id = {tenant_id:String}
            AND document_type = {type:String}
            AND version <= {as_of:UInt64}
            AND (document_type, document_id) IN (
                -- include shared/delays-changed
            )
        GROUP BY
            document_type,
            document_id
    )
    AND NOT absent
    AND finished = {finished:Bool}
