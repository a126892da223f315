-- Approvals in scope with what the matrix says of who gave them: `holds` then, `held` at another time; only of steps that the matrix knows.
SELECT
    document_type,
    document_id,
    event_id,
    place,
    occurred_at,
    step,
    who,
    actor_id,
    max(matches AND valid_from <= occurred_at AND valid_to > occurred_at) AS holds,
    max(matches) AS held,
    maxIf(valid_to, matches AND valid_to <= occurred_at) AS held_until
FROM (
    SELECT
        made.object_type AS document_type,
        made.object_id AS document_id,
        made.event_id AS event_id,
        made.place AS place,
        made.occurred_at AS occurred_at,
        made.step AS step,
        made.who AS who,
        made.actor_id AS actor_id,
        matrix.valid_from AS valid_from,
        matrix.valid_to AS valid_to,
        if(matrix.person != '', has(made.identities, matrix.person), has(made.roles, matrix.role))
            AND matrix.entity IN ('', made.entity)
            AND matrix.region IN ('', made.region)
            AND matrix.risk_category IN ('', made.risk_category) AS matches
    FROM (
        SELECT
            decided.object_type AS object_type,
            decided.object_id AS object_id,
            decided.event_id AS event_id,
            decided.place AS place,
            decided.occurred_at AS occurred_at,
            decided.step AS step,
            decided.who AS who,
            decided.actor_id AS actor_id,
            decided.identities AS identities,
            decided.roles AS roles,
            documents.entity AS entity,
            documents.region AS region,
            documents.risk_category AS risk_category
        FROM (
            -- include shared/decisions
        ) AS decided
        LEFT JOIN (
            SELECT
                toString(document_type) AS document_type,
                document_id,
                toString(entity) AS entity,
                toString(region) AS region,
                toString(risk_category) AS risk_category
            FROM sightline.control_documents FINAL
            WHERE
                -- include shared/documents-in-scope
        ) AS documents ON documents.document_type = decided.object_type AND documents.document_id = decided.object_id
    ) AS made
    INNER JOIN matrix ON matrix.document_type = made.object_type
    WHERE matrix.step IN ('', made.step) OR made.step = ''
)
GROUP BY
    document_type,
    document_id,
    event_id,
    place,
    occurred_at,
    step,
    who,
    actor_id
