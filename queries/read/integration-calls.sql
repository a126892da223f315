-- What is shown of the calls of a page, `traces` and `spans` by place, which started from `first` to `last`.
SELECT
    -- include shared/call-columns
FROM (
    SELECT *
    FROM sightline.integration_calls
    WHERE tenant_id = {tenant_id:String}
        AND started_at >= {first:DateTime64(6, 'UTC')}
        AND started_at <= {last:DateTime64(6, 'UTC')}
        AND trace_id IN {traces:Array(String)}
        AND has(arrayZip({traces:Array(String)}, {spans:Array(String)}), (trace_id, span_id))
    ORDER BY started_at DESC, first_arrival DESC
    LIMIT 1 BY trace_id, span_id
)
ORDER BY started_at DESC, trace_id DESC, span_id DESC
