-- Attempts to match lines of invoices in scope to a line of an order: the prices of both at the match, and how the rule judged it (the
-- first evaluation of a policy in the same step at or after the match, else the match itself).
SELECT
    matched.invoice_id AS invoice_id,
    matched.occurred_at AS at,
    matched.event_id AS event_id,
    matched.activity AS activity,
    matched.code AS code,
    matched.line_id AS line_id,
    toFloat64(matched.unit_price) AS unit_price,
    toFloat64(matched.quantity) AS quantity,
    matched.currency AS currency,
    toFloat64(prices.order_price) AS order_price,
    'threshold price_pct' AS limit_place,
    arrayFilter(
        one -> one.1 >= matched.occurred_at AND one.1 <= matched.occurred_at + INTERVAL 1 MINUTE AND one.5 = matched.step,
        evaluations.all
    ) AS judgements,
    if(
        notEmpty(judgements),
        (judgements[1].1, judgements[1].2, judgements[1].3, judgements[1].4),
        (matched.occurred_at, matched.event_id, matched.system, if(matched.activity = 'invoice.matched', 'passed', 'violated'))
    ) AS judged
FROM (
    SELECT
        steps.object_id AS invoice_id,
        steps.event_id AS event_id,
        steps.occurred_at AS occurred_at,
        toString(steps.system) AS system,
        toString(steps.step) AS step,
        toString(steps.activity) AS activity,
        toString(steps.code) AS code,
        toString(steps.currency) AS currency,
        assumeNotNull(steps.unit_price) AS unit_price,
        ifNull(steps.quantity, 0) AS quantity,
        links.other_id AS line_id
    FROM (
        SELECT *
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type = 'invoice'
            AND activity IN ('invoice.matched', 'invoice.mismatched')
            AND unit_price IS NOT NULL
    ) AS steps
    INNER JOIN (
        SELECT
            object_id,
            other_id,
            event_id
        FROM sightline.object_links
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'invoice'
            AND other_type = 'po_line'
            AND object_id IN (
                SELECT object_id
                FROM sightline.{timelines:Identifier} FINAL
                WHERE
                    -- include shared/in-scope
                    AND object_type = 'invoice'
                    AND activity IN ('invoice.matched', 'invoice.mismatched')
            )
        GROUP BY object_id, other_id, event_id
    ) AS links USING (object_id, event_id)
) AS matched
INNER JOIN (
    SELECT
        object_id AS line_id,
        argMax(unit_price, (occurred_at, seq, place_id)) AS order_price
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND live
        AND object_type = 'po_line'
        AND startsWith(activity, 'po.')
        AND unit_price IS NOT NULL
        AND object_id IN (
            SELECT other_id
            FROM sightline.object_links
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'invoice'
                AND other_type = 'po_line'
                AND object_id IN (
                    SELECT object_id
                    FROM sightline.{timelines:Identifier} FINAL
                    WHERE
                        -- include shared/in-scope
                        AND object_type = 'invoice'
                        AND activity IN ('invoice.matched', 'invoice.mismatched')
                )
        )
    GROUP BY object_id
) AS prices USING (line_id)
LEFT JOIN (
    SELECT
        object_id AS invoice_id,
        arraySort(groupArray((occurred_at, event_id, toString(system), toString(policy_decision), toString(step)))) AS all
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'invoice'
        AND activity = 'policy.evaluated'
    GROUP BY object_id
) AS evaluations USING (invoice_id)
