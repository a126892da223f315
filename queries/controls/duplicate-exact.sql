-- title: Duplicate invoice
-- version: 2
-- category: exception
-- severity: high
-- grain: invoice
-- documents: invoice, payment
-- keys: invoice
-- guards: invoice.posted
-- needs: none
-- definition: The same supplier billed the same number and amount before, by what was billed or what it was corrected
--   to; second records of a supplier count as the supplier. An earlier invoice that was rejected, cancelled or credited
--   before this one came does not count.
WITH
    -- include shared/billed-invoices
SELECT
    document_type,
    document_id,
    '' AS subject_id,
    'exception' AS category,
    at AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
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
        ' was received before as ',
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
        min((earlier.at, earlier.document_id, earlier.evidence)) AS first
    FROM invoices AS later
    INNER JOIN invoices AS earlier ON earlier.supplier = later.supplier AND earlier.currency = later.currency
    WHERE (earlier.at, earlier.document_id) < (later.at, later.document_id)
        AND NOT (earlier.dropped_at > earlier.at AND earlier.dropped_at < later.at)
        AND earlier.number_said = later.number_said
        AND hasAny(earlier.amounts, later.amounts)
    GROUP BY document_type, document_id
)
WHERE
    -- include shared/is-in-scope
