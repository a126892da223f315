SELECT *
FROM sightline.delays FINAL
PREWHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND finished = {finished:Bool}
    AND (NOT {finished:Bool} OR (cohort_day >= toDate32({from:DateTime64(6, 'UTC')}) AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})))
