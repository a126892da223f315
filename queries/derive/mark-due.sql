-- Marks documents of a run for the instant at which the passing of time alone will violate a control: `now` is the end of time here, so
-- that controls say what they would find then, and `present` is the clock of the run.
INSERT INTO sightline.dirty_objects (tenant_id, marked_at, object_type, object_id)
SELECT DISTINCT
    {tenant_id:String},
    now64(6, 'UTC') + toIntervalMicrosecond(dateDiff('microsecond', {present:DateTime64(6, 'UTC')}, detected_at)),
    document_type,
    document_id
FROM (
    -- include {findings}
)
WHERE detected_at > {present:DateTime64(6, 'UTC')}
