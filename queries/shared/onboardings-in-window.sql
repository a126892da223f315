SELECT object_id
FROM sightline.object_activity
WHERE tenant_id = {tenant_id:String}
    AND object_type = 'onboarding'
    AND last_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND first_at < {to:DateTime64(6, 'UTC')}
