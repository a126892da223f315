SELECT *
FROM sightline.kpi_facts FINAL
WHERE tenant_id = {tenant_id:String}
    AND kpi = {kpi:String}
    AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
