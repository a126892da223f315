-- Series of measurements by bucket. The increase of a counter is the sum of what it grew between its points; where it fell it began anew and
-- the fall counts as zero. Of a counter that is sent as differences it is their sum.
WITH
    points AS (
        SELECT
            system,
            measure,
            name,
            series,
            at,
            resource,
            reporter,
            unit,
            value,
            attributes,
            monotonic OR measure IN ('restarts', 'dropped', 'evictions', 'deadlocks', 'rollbacks') AS counter,
            if(
                delta,
                value,
                greatest(
                    0,
                    value - lagInFrame(value, 1, value) OVER (
                        PARTITION BY system, name, series
                        ORDER BY at
                        ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
                    )
                )
            ) AS growth
        FROM sightline.metric_points FINAL
        WHERE tenant_id = {tenant_id:String}
            AND at >= {from:DateTime64(6, 'UTC')}
            AND at < {to:DateTime64(6, 'UTC')}
            AND ({system:String} = '' OR system = {system:String})
            AND ({measure:String} = '' OR measure = {measure:String})
            AND ({resource:String} = '' OR resource = {resource:String})
            AND measure != ''
    ),
    chosen AS (
        SELECT
            system,
            measure,
            name,
            series,
            argMax(tuple(resource, reporter, unit, attributes, value), at) AS latest,
            max(counter) AS is_counter,
            max(at) AS last_at,
            max(value) AS highest,
            sum(growth) AS grown,
            count() AS n
        FROM points
        GROUP BY
            system,
            measure,
            name,
            series
        ORDER BY tupleElement(latest, 5) DESC, system, name, series
        LIMIT {limit:UInt32}
    )
SELECT
    toString(chosen.series) AS id,
    chosen.system AS of_system,
    chosen.measure AS of_measure,
    chosen.name AS of_name,
    any(chosen.latest) AS latest,
    any(chosen.is_counter) AS is_counter,
    any(chosen.last_at) AS last_at,
    any(chosen.highest) AS highest,
    any(chosen.grown) AS grown,
    any(chosen.n) AS n,
    multiIf(
        {bucket:String} = 'minute', toDateTime64(dateTrunc('minute', points.at), 6, 'UTC'),
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', points.at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', points.at), 6, 'UTC'),
        toDateTime64(dateTrunc('week', points.at), 6, 'UTC')
    ) AS bucket,
    argMax(points.value, points.at) AS bucket_last,
    min(points.value) AS bucket_min,
    max(points.value) AS bucket_max,
    sum(points.growth) AS bucket_grown,
    count() AS bucket_n
FROM points
INNER JOIN chosen
    ON chosen.system = points.system AND chosen.name = points.name AND chosen.series = points.series
GROUP BY
    id,
    of_system,
    of_measure,
    of_name,
    bucket
ORDER BY of_measure, tupleElement(latest, 5) DESC, of_system, of_name, id, bucket
LIMIT 200000
