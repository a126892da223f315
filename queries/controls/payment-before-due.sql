-- title: Payment before it is due
-- version: 1
-- category: exception
-- severity: low
-- grain: payment
-- documents: payment, invoice
-- guards: payment.released
-- needs: policies
-- tolerances: days_early
-- definition: A payment was released more than `days_early` of a policy of the category exception before all invoices
--   that it pays are due, and less than their amount was not paid: no discount was taken for it.
WITH
    -- include shared/tolerances
SELECT
    'payment' AS document_type,
    payment_id AS document_id,
    '' AS subject_id,
    'exception' AS category,
    released_at AS detected_at,
    'low' AS severity,
    policy AS policy_id,
    policy_version,
    NULL AS amount,
    '' AS currency,
    offender,
    [released_by] AS evidence,
    concat(
        'Released ',
        toString(round(early_us / 86400000000, 1)),
        ' days before invoice ',
        arrayStringConcat(invoices, ', '),
        ' is due, without a discount; up to ',
        toString(days_early),
        ' days are allowed.'
    ) AS detail
FROM (
    SELECT
        early.payment_id AS payment_id,
        early.released.1 AS released_at,
        early.released.2 AS released_by,
        early.released.3 AS offender,
        early.invoices AS invoices,
        early.early_us AS early_us,
        limits.policy AS policy,
        limits.policy_version AS policy_version,
        limits.tolerated AS days_early
    FROM (
        SELECT
            payment_id,
            payments.released AS released,
            payments.released.1 AS at,
            arraySort(groupUniqArray(invoice_id)) AS invoices,
            toUnixTimestamp64Micro(min(assumeNotNull(terms.due))) - toUnixTimestamp64Micro(payments.released.1) AS early_us,
            any(payments.stated) AS stated,
            sum(terms.billed) AS billed,
            countIf(terms.due IS NULL) AS undated,
            'exception days_early' AS limit_place
        FROM (
            SELECT
                object_id AS payment_id,
                argMin((occurred_at, event_id, actor_id), (occurred_at, seq, place_id)) AS released,
                argMin(toFloat64(ifNull(amount, 0)), (occurred_at, seq, place_id)) AS stated
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND object_type = 'payment'
                AND activity = 'payment.released'
            GROUP BY object_id
        ) AS payments
        INNER JOIN (
            -- include shared/payment-invoices
        ) AS paid USING (payment_id)
        INNER JOIN (
            SELECT
                object_id AS invoice_id,
                argMaxIf(due_at, (occurred_at, seq, place_id), due_at IS NOT NULL) AS due,
                argMaxIf(
                    toFloat64(ifNull(amount, 0)),
                    (occurred_at, seq, place_id),
                    amount IS NOT NULL AND startsWith(activity, 'invoice.')
                ) AS billed
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND live
                AND object_type = 'invoice'
                AND object_id IN (
                    SELECT invoice_id
                    FROM (
                        -- include shared/payment-invoices
                    )
                )
            GROUP BY object_id
        ) AS terms USING (invoice_id)
        GROUP BY payment_id, payments.released
        HAVING undated = 0 AND stated > 0 AND stated >= billed * 0.9995
    ) AS early
    ASOF INNER JOIN tolerances AS limits ON limits.place = early.limit_place AND limits.valid_from <= early.at
    WHERE early.at < limits.until
)
WHERE early_us > days_early * 86400000000
