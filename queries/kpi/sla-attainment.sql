-- title: Service levels kept
-- unit: ratio
-- better: higher
-- topic: compliance
-- grain: clock of a service level
-- documents: all
-- cohort: ended; while running, its deadline
-- calendar: of each service level
-- definition: Clocks that met their service level, divided by clocks that met or breached it. A clock that runs on past its deadline
--   counts once it has ended; cancelled ones are left out. Open: running or paused.
-- benchmark: own contracts
-- minimum_n: 20
SELECT
    document_type,
    document_id,
    subject_id,
    latest.1 AS cohort_at,
    latest.2 AS state,
    state IN ('met', 'breached') AND latest.3 IS NOT NULL AS counted,
    NOT counted AND state != 'cancelled' AS open,
    if(counted OR open, '', 'cancelled') AS reason,
    counted AND state = 'met' AS value,
    1 AS weight,
    latest.4 AS facets
FROM (
    SELECT
        document_type,
        document_id,
        subject_id,
        argMax(absent, version) AS gone,
        argMax(
            (
                cohort_at,
                state,
                ended_at,
                CAST(
                    tuple(entity, business_unit, plant, region, risk_category, budget_owner, category, supplier, approver, system, '', currency),
                    'Tuple(entity String, business_unit String, plant String, region String, risk_category String, budget_owner String, category String, supplier String, approver String, system String, policy_version String, currency String)'
                )
            ),
            version
        ) AS latest
    FROM sightline.sla_clock_history
    WHERE tenant_id = {tenant_id:String}
        AND
        -- include shared/is-in-scope
    GROUP BY
        document_type,
        document_id,
        subject_id
)
WHERE NOT gone
