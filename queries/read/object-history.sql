-- What was known of a document when: every change of its contributions to KPIs, of its clocks, of where its time went and of what controls
-- find on it, with what was known before; the newest first. Numbers: seconds, or what a KPI counts.
SELECT
    known_us,
    kind,
    name,
    subject,
    before_state,
    before_value,
    after_state,
    after_value
FROM (
    SELECT
        version AS known_us,
        kind,
        name,
        subject,
        lagInFrame(state, 1, '') OVER states AS before_state,
        lagInFrame(value, 1, NULL) OVER states AS before_value,
        state AS after_state,
        value AS after_value
    FROM (
        SELECT
            version,
            'kpi' AS kind,
            toString(kpi) AS name,
            if(subject_id = document_id, '', subject_id) AS subject,
            multiIf(absent, 'absent', counted, 'counted', open, 'open', 'excluded') AS state,
            if(counted AND NOT absent, toNullable(value), NULL) AS value
        FROM sightline.kpi_fact_history FINAL
        WHERE tenant_id = {tenant_id:String} AND document_type = {type:String} AND document_id = {id:String}
        UNION ALL
        SELECT
            version,
            'clock' AS kind,
            toString(sla_id) AS name,
            concat(subject, if(epoch > 1, concat(' #', toString(epoch)), '')) AS subject,
            if(absent, 'absent', toString(state)) AS state,
            if(
                absent,
                NULL,
                if(ended_at IS NULL, NULL, dateDiff('millisecond', started_at, assumeNotNull(ended_at)) / 1000)
            ) AS value
        FROM sightline.sla_clock_history FINAL
        WHERE tenant_id = {tenant_id:String} AND document_type = {type:String} AND document_id = {id:String}
        UNION ALL
        SELECT
            version,
            'delay' AS kind,
            cause.1 AS name,
            '' AS subject,
            multiIf(absent, 'absent', finished, 'finished', 'open') AS state,
            if(absent, NULL, toNullable(cause.2 / 1e6)) AS value
        FROM sightline.delay_history FINAL
        ARRAY JOIN [
            ('technical', technical_working_us + technical_off_us),
            ('business_exception', business_exception_working_us + business_exception_off_us),
            ('supplier', supplier_working_us + supplier_off_us),
            ('person', person_working_us + person_off_us),
            ('touch', touch_working_us + touch_off_us),
            ('queue', queue_working_us + queue_off_us)
        ] AS cause
        WHERE tenant_id = {tenant_id:String} AND document_type = {type:String} AND document_id = {id:String}
        UNION ALL
        SELECT
            version,
            'violation' AS kind,
            toString(control) AS name,
            subject_id AS subject,
            if(absent, 'retracted', 'found') AS state,
            NULL AS value
        FROM sightline.violation_history FINAL
        WHERE tenant_id = {tenant_id:String} AND document_type = {type:String} AND document_id = {id:String}
    )
    WINDOW states AS (PARTITION BY kind, name, subject ORDER BY version ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE before_state != after_state
    OR before_value IS DISTINCT FROM after_value
ORDER BY
    known_us DESC,
    kind,
    name,
    subject
LIMIT {limit:UInt32}
