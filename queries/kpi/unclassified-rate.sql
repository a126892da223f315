-- title: Unclassified rate
-- unit: ratio
-- better: lower
-- topic: quality
-- overview: yes
-- grain: exception
-- documents: all
-- cohort: raised
-- calendar: none
-- definition: Exceptions of unknown class divided by all: business, technical and unknown ones. Counted once each are
--   exceptions by their id and class at raising, technical operations that failed at least once, and verdicts without an
--   exception of their own; consequences of a technical failure are not counted again.
-- benchmark: target below 2 % (own)
-- minimum_n: 20
WITH
    -- One row an event, on the document that it is about rather than on every object that it names.
    signals AS (
        SELECT
            *,
            multiIf(
                operation_id != '' AND class = 'technical', 'operation',
                exception_id != '', 'exception',
                activity != 'policy.violated', 'verdict',
                ''
            ) AS kind,
            multiIf(
                kind = 'operation', operation_id,
                kind = 'exception', exception_id,
                concat(class, ' ', category, ' ', operation_id)
            ) AS item_id
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND leads
            AND kind != ''
            AND class != 'none'
    ),
    items AS (
        SELECT
            object_type,
            object_id,
            kind,
            item_id,
            argMin(class, (occurred_at, seq, place_id)) AS item_class,
            argMin(source, (occurred_at, seq, place_id)) AS item_source,
            max(exception_caused_by) AS caused_by,
            min(occurred_at) AS cohort_at,
            -- include shared/facets
        FROM signals
        GROUP BY object_type, object_id, kind, item_id
    )
SELECT
    object_type AS document_type,
    object_id AS document_id,
    concat(kind, ' ', item_id) AS subject_id,
    cohort_at,
    counted,
    0 AS open,
    if(counted, '', 'a consequence of another one on the document') AS reason,
    counted AND item_class = 'unknown' AS value,
    1 AS weight,
    facets
FROM (
    -- include shared/counted-items
)
