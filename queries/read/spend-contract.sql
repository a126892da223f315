-- Spend of a window on and off contract by group, as the KPI off-contract-spend counts it.
SELECT
    multiIf({by:String} = 'category', category, {by:String} = 'supplier', supplier, {by:String} = 'entity', entity, formatDateTime(cohort_at, '%Y-%m')) AS `group`,
    sum(weight) AS addressable,
    sum(value) AS off_contract,
    count() AS n
FROM sightline.kpi_facts FINAL
WHERE tenant_id = {tenant_id:String}
    AND kpi = 'off-contract-spend'
    AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND cohort_at >= {from:DateTime64(6, 'UTC')}
    AND cohort_at < {to:DateTime64(6, 'UTC')}
    AND counted
    AND ({category:String} = '' OR category = {category:String})
    AND ({supplier:String} = '' OR supplier = {supplier:String})
    AND ({entity:String} = '' OR entity = {entity:String})
GROUP BY `group`
