-- title: Time of finished documents, cut three ways in one reading
-- unit: microseconds
-- grain: `cut` group: a row for each bucket, group and cause that has time; stage: for each stage and cause; holder: for each cause and party
-- that documents of the later window waited for, the longest
SELECT
    multiIf(grouping(party) = 0, 'holder', grouping(stage) = 0, 'stage', 'group') AS cut,
    earlier,
    bucket,
    `group`,
    stage,
    cause,
    party,
    holder,
    sum(working_us) AS working,
    sum(off_us) AS off,
    uniqExact(document) AS documents
FROM (
    SELECT
        document,
        earlier,
        bucket,
        toString({grouping:Identifier}) AS `group`,
        stage,
        cause,
        party,
        holder,
        working_us,
        off_us
    FROM (
        -- By name, as the array join below repeats each column that it is given.
        SELECT
            sipHash64(document_id) AS document,
            cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
            -- include shared/kpi-bucket,
            if({grouped:Bool}, toString({group_by:Identifier}), '') AS of_document,
            segment_cause,
            segment_working_us,
            segment_off_us,
            segment_stage,
            segment_step,
            segment_party,
            segment_holder,
            segment_system
        FROM (
            -- include {facts}
        )
        WHERE
            -- include shared/delay-scope
    )
    ARRAY JOIN
        segment_cause AS cause,
        segment_working_us AS working_us,
        segment_off_us AS off_us,
        segment_stage AS stage,
        segment_step AS step,
        segment_party AS party,
        segment_holder AS holder,
        segment_system AS system
)
GROUP BY GROUPING SETS ((earlier, bucket, `group`, cause), (earlier, stage, cause), (earlier, cause, party, holder))
HAVING (cut = 'stage' OR NOT earlier) AND (cut != 'holder' OR holder != '')
ORDER BY cut, if(cut = 'holder', working + off, 0) DESC, earlier, bucket, `group`, stage, cause, holder
LIMIT {limit:UInt32} BY cut, if(cut = 'holder', '', concat(toString(earlier), toString(bucket), `group`, stage, cause))
