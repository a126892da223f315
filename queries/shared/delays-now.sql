SELECT *
FROM sightline.delays FINAL
PREWHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND finished = {finished:Bool}
    AND (NOT {finished:Bool} OR (cohort_day >= toDate({from:DateTime64(6, 'UTC')}) AND cohort_day <= toDate({to:DateTime64(6, 'UTC')})))
