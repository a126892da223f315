-- Events of a source in stretches of time, by when they happened.
SELECT sumForEach(
    arrayMap(
        (from_at, to_at) -> toUInt32(occurred_at >= from_at AND occurred_at < to_at),
        {froms:Array(DateTime64(6, 'UTC'))},
        {tos:Array(DateTime64(6, 'UTC'))}
    )
) AS counts
FROM sightline.events FINAL
WHERE tenant_id = {tenant_id:String}
    AND source = {source:String}
    AND ({activity:String} = '' OR activity = {activity:String})
    AND occurred_at >= arrayMin({froms:Array(DateTime64(6, 'UTC'))})
    AND occurred_at < arrayMax({tos:Array(DateTime64(6, 'UTC'))})
