-- Who may approve what, row by row; `least` is the lowest limit of the same person in the same role: a further row without limit is
-- for a step that the workflow asks for by itself.
matrix AS (
    SELECT
        *,
        min(up_to) OVER (PARTITION BY document_type, entity, role, person) AS least
    FROM (
        SELECT
            JSONExtractString(body, 'document_type') AS document_type,
            JSONExtractString(body, 'step') AS step,
            JSONExtractString(body, 'role') AS role,
            JSONExtractString(body, 'person') AS person,
            JSONExtractString(body, 'entity') AS entity,
            JSONExtractString(body, 'region') AS region,
            JSONExtractString(body, 'risk_category') AS risk_category,
            if(
                JSONExtractRaw(body, 'up_to') IN ('', 'null'),
                inf,
                if(
                    {tolerance_name:String} = concat('approval_limit ', step),
                    {tolerance_value:Float64},
                    toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'up_to', 'amount')))
                )
            ) AS up_to,
            JSONExtractString(body, 'up_to', 'currency') AS currency,
            valid_from,
            valid_to
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'approval_matrices'
    )
)
