-- What is measured in a window, of metrics whose meaning is known.
SELECT
    measure,
    uniqExact(system, name, series) AS all_series,
    count() AS points
FROM sightline.metric_points FINAL
WHERE tenant_id = {tenant_id:String}
    AND at >= {from:DateTime64(6, 'UTC')}
    AND at < {to:DateTime64(6, 'UTC')}
    AND ({system:String} = '' OR system = {system:String})
    AND ({resource:String} = '' OR resource = {resource:String})
    AND measure != ''
GROUP BY measure
ORDER BY measure
