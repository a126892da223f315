records AS (
    SELECT
        key AS supplier,
        max(JSONExtractString(body, 'duplicate_of')) AS first_record
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers'
    GROUP BY supplier
    HAVING first_record != ''
),
invoices AS (
    SELECT
        toString(document_type) AS document_type,
        document_id,
        at,
        dropped_at,
        paid_at,
        assumeNotNull(amount) AS stated,
        assumeNotNull(ifNull(first_amount, amount)) AS billed,
        -- A copy repeats what was billed, or what it was corrected to.
        arrayDistinct([billed, stated]) AS amounts,
        toString(currency) AS currency,
        number_said,
        number,
        if(issued_on = toDate(0), toDate(at), issued_on) AS issued_on,
        evidence,
        if(records.first_record = '', toString(wanted.supplier), records.first_record) AS supplier
    FROM (
        SELECT *
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-related
            AND document_type = 'invoice'
            AND at > toDateTime64(0, 6, 'UTC')
            AND amount IS NOT NULL
            AND number != ''
    ) AS wanted
    LEFT JOIN records ON records.supplier = wanted.supplier
)
