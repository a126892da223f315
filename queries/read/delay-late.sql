-- title: What late documents are late because of
-- unit: documents
-- grain: a row for each set of causes, and for each set of systems, without which documents would not have been late
SELECT
    cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
    kind,
    because,
    uniqExact(document_id) AS documents
FROM (
    SELECT
        *,
        arrayJoin(arrayConcat(
            arrayMap(one -> ('causes', toString(one)), if(empty(late_because), [''], late_because)),
            arrayMap(one -> ('systems', toString(one)), late_because_systems))) AS reason,
        reason.1 AS kind,
        reason.2 AS because
    FROM (
        -- include {facts}
    )
    WHERE late
)
WHERE
    -- include shared/delay-scope
GROUP BY earlier, kind, because
ORDER BY earlier, kind, documents DESC, because
