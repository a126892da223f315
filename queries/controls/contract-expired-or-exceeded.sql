-- title: Contract expired or over its ceiling
-- version: 1
-- category: contract
-- severity: medium
-- grain: purchase_order
-- documents: purchase_order
-- keys: contract
-- guards: po.released
-- needs: contracts
-- definition: An order was released under a contract that had ended or not begun, or that it takes over its ceiling
--   together with the orders released under it before, cancelled ones left out. Amounts in other currencies than the
--   ceiling's are converted at the rates of their days.
WITH
    -- include shared/rates,
    wanted AS (
        SELECT *
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-related
            AND document_type = 'purchase_order'
            AND at > toDateTime64(0, 6, 'UTC')
            AND contract != ''
            AND dropped_at <= at
    ),
    terms AS (
        SELECT
            key AS contract,
            valid_from,
            max(valid_to) AS until,
            min((
                toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'ceiling', 'amount'))),
                JSONExtractString(body, 'ceiling', 'currency'),
                JSONExtractRaw(body, 'ceiling') NOT IN ('', 'null')
            )) AS ceiling
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'contracts'
        GROUP BY contract, valid_from
    )
SELECT
    'purchase_order' AS document_type,
    document_id,
    subject_id,
    'contract' AS category,
    at AS detected_at,
    'medium' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    '' AS offender,
    [evidence] AS evidence,
    detail
FROM (
    SELECT
        document_type,
        document_id,
        at,
        evidence,
        arrayJoin(
            arrayFilter(
                one -> one.1 != '',
                [
                    if(
                        at < valid_from,
                        ('expired', concat('Contract ', contract, ' had not begun.')),
                        if(at >= until, ('expired', concat('Contract ', contract, ' ended on ', toString(toDate(until)), '.')), ('', ''))
                    ),
                    if(
                        ceiling.3 AND committed > ceiling.1 AND ceiling_currency_fits,
                        (
                            'ceiling',
                            concat(
                                'With this order ',
                                toString(round(committed, 2)),
                                ' ',
                                ceiling.2,
                                ' are committed under contract ',
                                contract,
                                '; its ceiling is ',
                                toString(ceiling.1),
                                ' ',
                                ceiling.2,
                                '.'
                            )
                        ),
                        ('', '')
                    )
                ]
            )
        ) AS broken,
        broken.1 AS subject_id,
        broken.2 AS detail
    FROM (
        SELECT
            toString(document_type) AS document_type,
            document_id,
            at,
            evidence,
            contract,
            valid_from,
            until,
            ceiling,
            sum(in_ceiling) OVER before AS committed,
            sum(in_ceiling IS NULL) OVER before = 0 AS ceiling_currency_fits
        FROM (
            SELECT
                orders.*,
                terms.valid_from AS valid_from,
                terms.until AS until,
                terms.ceiling AS ceiling,
                multiIf(
                    orders.amount IS NULL, 0,
                    orders.currency = terms.ceiling.2, toFloat64(assumeNotNull(orders.amount)),
                    orders.reported IS NOT NULL AND orders.reporting_code = terms.ceiling.2, orders.reported,
                    NULL
                ) AS in_ceiling
            FROM (
                -- include shared/in-reporting
            ) AS orders
            ASOF INNER JOIN terms ON terms.contract = orders.contract AND terms.valid_from <= orders.at
        )
        WINDOW before AS (PARTITION BY contract ORDER BY at, document_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
)
WHERE
    -- include shared/is-in-scope
