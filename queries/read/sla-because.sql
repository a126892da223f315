-- Breaches of a service level that ended in a window by what they are due to: sets of causes (kind causes) and of systems that failed (kind
-- systems) without which they would have been met. A breach may stand in several sets; an empty set is one that none explains.
SELECT
    kind_and_set.1 AS kind,
    kind_and_set.2 AS joined,
    count() AS breaches
FROM (
    SELECT
        *,
        arrayJoin(arrayConcat(
            arrayMap(one -> ('causes', toString(one)), if(empty(because), [''], because)),
            arrayMap(one -> ('systems', toString(one)), because_systems)
        )) AS kind_and_set
    FROM sightline.sla_clocks FINAL
    WHERE tenant_id = {tenant_id:String}
        AND sla_id = {sla_id:String}
        AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
        AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
        AND sla_clocks.cohort_at >= {from:DateTime64(6, 'UTC')}
        AND sla_clocks.cohort_at < {to:DateTime64(6, 'UTC')}
        AND state = 'breached'
)
GROUP BY
    kind,
    joined
ORDER BY
    kind,
    breaches DESC,
    joined
