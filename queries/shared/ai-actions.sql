SELECT
    object_type,
    object_id,
    arraySort(
        groupArrayIf(
            (
                occurred_at,
                -- include shared/ai-verdict
            ),
            activity = 'ai.reviewed' AND actor_kind = 'human' AND word NOT IN {undecided:Array(String)}
        )
    ) AS reviews,
    groupArrayIf(
        (
            event_id,
            occurred_at,
            ai_flag,
            if(
                activity = 'ai.suggested' AND actor_kind = 'human' AND word NOT IN {undecided:Array(String)},
                -- include shared/ai-verdict,
                ''
            )
        ),
        activity = 'ai.suggested' OR ai_flag != ''
    ) AS actions,
    -- include shared/facets
FROM (
    SELECT
        *,
        replaceRegexpAll(lower(trimBoth(ai_decision)), '[\\s-]+', '_') AS word
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND leads
        AND (startsWith(activity, 'ai.') OR ai_flag != '')
)
GROUP BY
    object_type,
    object_id
