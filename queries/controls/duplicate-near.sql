-- title: Nearly the same invoice
-- version: 2
-- category: exception
-- severity: medium
-- grain: invoice
-- documents: invoice, payment
-- keys: invoice
-- guards: invoice.posted
-- needs: none
-- tolerances: days, amount_pct
-- definition: The same supplier billed nearly the same within `days` (45) before: the same number but for punctuation
--   and an amount within `amount_pct` (1), or the same amount, issued within a week, and a number that differs by one
--   character. Amounts are compared as they were billed and as they were corrected. What is exactly the same is another
--   control.
WITH
    -- include shared/tolerances,
    -- include shared/billed-invoices,
    -- Whatever is nearly the same has the number or the amount in common.
    candidates AS (
        SELECT
            *,
            arrayJoin(
                arrayPushFront(arrayMap(one -> concat('amount ', toString(one)), amounts), concat('number ', number))
            ) AS alike
        FROM invoices
    )
SELECT
    document_type,
    document_id,
    '' AS subject_id,
    'exception' AS category,
    at AS detected_at,
    'medium' AS severity,
    policy AS policy_id,
    policy_version,
    CAST(stated, 'Nullable(Decimal(18, 4))') AS amount,
    currency,
    supplier AS offender,
    [first.3, evidence] AS evidence,
    concat(
        'Invoice ',
        number_said,
        ' of ',
        supplier,
        ' over ',
        toString(billed),
        ' ',
        currency,
        ' resembles ',
        first.4,
        ' over ',
        toString(first.5),
        ', received before as ',
        first.2,
        ' of ',
        toString(toDate(first.1)),
        if(
            paid_at > toDateTime64(0, 6, 'UTC'),
            '; it was paid all the same.',
            '; found before it was paid.'
        )
    ) AS detail
FROM (
    SELECT
        later.document_type AS document_type,
        later.document_id AS document_id,
        any(later.at) AS at,
        any(later.paid_at) AS paid_at,
        any(later.stated) AS stated,
        any(later.billed) AS billed,
        any(later.currency) AS currency,
        any(later.number_said) AS number_said,
        any(later.supplier) AS supplier,
        any(later.evidence) AS evidence,
        min((earlier.at, earlier.document_id, earlier.evidence, earlier.number_said, earlier.billed)) AS first,
        any(later.policy) AS policy,
        any(later.policy_version) AS policy_version
    FROM (
        SELECT
            dated.document_type AS document_type,
            dated.document_id AS document_id,
            dated.at AS at,
            dated.paid_at AS paid_at,
            dated.stated AS stated,
            dated.billed AS billed,
            dated.amounts AS amounts,
            dated.currency AS currency,
            dated.number_said AS number_said,
            dated.number AS number,
            dated.issued_on AS issued_on,
            dated.evidence AS evidence,
            dated.supplier AS supplier,
            dated.alike AS alike,
            if(dated.at < days.until, days.policy, '') AS policy,
            if(dated.at < days.until, days.policy_version, '') AS policy_version,
            if(dated.at < days.until AND days.tolerated > 0, days.tolerated, 45) AS within_days,
            if(dated.at < shares.until AND shares.tolerated > 0, shares.tolerated, 1) AS within_pct
        FROM (
            SELECT
                *,
                'exception days' AS days_place,
                'exception amount_pct' AS share_place
            FROM candidates
        ) AS dated
        ASOF LEFT JOIN tolerances AS days ON days.place = dated.days_place AND days.valid_from <= dated.at
        ASOF LEFT JOIN tolerances AS shares ON shares.place = dated.share_place AND shares.valid_from <= dated.at
    ) AS later
    INNER JOIN candidates AS earlier
        ON earlier.supplier = later.supplier AND earlier.currency = later.currency AND earlier.alike = later.alike
    WHERE (earlier.at, earlier.document_id) < (later.at, later.document_id)
        AND NOT (earlier.dropped_at > earlier.at AND earlier.dropped_at < later.at)
        AND NOT (earlier.number_said = later.number_said AND hasAny(earlier.amounts, later.amounts))
        AND dateDiff('day', earlier.at, later.at) <= later.within_days
        AND (
            earlier.number = later.number
            AND arrayExists(
                one -> arrayExists(other -> abs(other - one) <= one * later.within_pct / 100, earlier.amounts),
                later.amounts
            )
            OR hasAny(earlier.amounts, later.amounts)
            AND abs(dateDiff('day', earlier.issued_on, later.issued_on)) <= 7
            AND editDistanceUTF8(earlier.number, later.number) <= 1
        )
    GROUP BY document_type, document_id
)
WHERE
    -- include shared/is-in-scope
