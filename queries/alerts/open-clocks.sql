-- Clocks of service levels that ran at an instant, those first that are due first: what of their own time they had used up by then. Of one that
-- was held later or has ended since, the time that it used is spread evenly over its life.
SELECT
    concat(document_type, '/', document_id, ' ', subject_id) AS key,
    sla_id,
    document_type,
    document_id,
    started_at,
    if(running_since <= {at:DateTime64(6, 'UTC')} AND ended_at IS NULL, running_since, NULL) AS runs_since,
    ifNull(ended_at, running_since) AS counted_to,
    used_us,
    target_us,
    deadline_at,
    calendar,
    toFloat64(amount) AS amount_number,
    currency,
    CAST(
        map(
            'entity',
            entity,
            'business_unit',
            business_unit,
            'plant',
            plant,
            'region',
            region,
            'risk_category',
            risk_category,
            'budget_owner',
            budget_owner,
            'supplier',
            supplier,
            'approver',
            approver,
            'system',
            system,
            'currency',
            currency,
            'category',
            clocks.category
        ),
        'Map(String, String)'
    ) AS labels
FROM (
    SELECT *
    FROM sightline.open_clocks FINAL
    WHERE tenant_id = {tenant_id:String} AND NOT {past:Bool}
    UNION ALL
    SELECT *
    FROM sightline.sla_clocks FINAL
    WHERE tenant_id = {tenant_id:String}
        AND cohort_day >= if({past:Bool}, toDate({oldest:DateTime64(6, 'UTC')}), toDate({at:DateTime64(6, 'UTC')}))
        AND ({past:Bool} OR ended_at > {at:DateTime64(6, 'UTC')})
) AS clocks
WHERE (empty({slas:Array(String)}) OR sla_id IN {slas:Array(String)})
    AND started_at <= {at:DateTime64(6, 'UTC')}
    AND (ended_at IS NULL OR ended_at > {at:DateTime64(6, 'UTC')})
    AND (ended_at IS NOT NULL OR running_since IS NOT NULL)
    AND target_us > 0
ORDER BY
    ifNull(deadline_at, toDateTime64('2250-01-01 00:00:00', 6, 'UTC')),
    key
LIMIT {limit:UInt32}
