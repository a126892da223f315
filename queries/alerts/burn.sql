-- Clocks of a service level that were decided in windows up to an instant: kept in time, or breached, by the instant of the breach.
SELECT
    sumForEach(arrayMap(from_at -> toUInt32(decided_at >= from_at), {froms:Array(DateTime64(6, 'UTC'))})) AS decided,
    sumForEach(arrayMap(from_at -> toUInt32(decided_at >= from_at AND is_breached), {froms:Array(DateTime64(6, 'UTC'))})) AS breached
FROM (
    SELECT
        ifNull(deadline_at <= ifNull(ended_at, {at:DateTime64(6, 'UTC')}), false) AS is_breached,
        if(is_breached, assumeNotNull(deadline_at), assumeNotNull(ended_at)) AS decided_at
    FROM sightline.sla_clocks FINAL
    WHERE tenant_id = {tenant_id:String}
        AND sla_id = {sla_id:String}
        AND cohort_day >= toDate({first:DateTime64(6, 'UTC')})
        AND state != 'cancelled'
        AND (state = 'met' AND ended_at <= {at:DateTime64(6, 'UTC')} OR state != 'met' AND deadline_at <= {at:DateTime64(6, 'UTC')})
)
