-- Traces of an object type in the window, without the steps that are left out; the window takes objects by their first event of any kind.
SELECT
    object_id,
    activities,
    workflow_steps,
    actors,
    systems,
    arrayMap(name -> NOT arrayExists(prefix -> startsWith(name, prefix), {without:Array(String)}), activities) AS kept,
    arrayFilter((one, keep) -> keep, instants, kept) AS at,
    arrayFilter((one, keep) -> keep, ends, kept) AS ended,
    arrayFilter((one, keep) -> keep, if({names:String} = 'source', source_activities, activities), kept) AS steps,
    at[1] AS began_at,
    at[-1] AS ended_at,
    toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(began_at) AS duration_us
FROM sightline.process_traces FINAL
WHERE tenant_id = {tenant_id:String}
    AND object_type = {type:String}
    AND started_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND started_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND started_at >= {from:DateTime64(6, 'UTC')}
    AND started_at < {to:DateTime64(6, 'UTC')}
    AND has(kept, 1)
