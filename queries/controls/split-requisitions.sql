-- title: Split requisitions
-- version: 1
-- category: threshold
-- severity: high
-- grain: requisition
-- documents: requisition
-- keys: need
-- guards: requisition.submitted
-- needs: policies, rates
-- tolerances: split_limit, split_hours
-- definition: Requisitions of one requester (resolved) at one supplier, for one item where it is stated, each within the
--   `split_limit` of a policy of the category threshold, exceed it together with those created up to `split_hours` (24)
--   before. The one that exceeds it is the violation, also where it is rejected; withdrawn and cancelled ones do not count.
WITH
    -- include shared/accounts,
    -- include shared/tolerances,
    -- include shared/rates,
    wanted AS (
        SELECT *
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-related
            AND document_type = 'requisition'
            AND dropped_at <= at
            AND at > toDateTime64(0, 6, 'UTC')
            AND requester != ''
            AND supplier != ''
    ),
    needs AS (
        SELECT
            asked.document_type AS document_type,
            asked.document_id AS document_id,
            asked.evidence AS evidence,
            asked.at AS at,
            if(asked.at < people.until, people.leads_to, asked.requester) AS who,
            asked.supplier AS supplier,
            asked.item AS item,
            assumeNotNull(asked.reported) AS stated,
            asked.reporting_code AS reporting_code,
            limits.policy AS policy,
            limits.policy_version AS policy_version,
            limits.tolerated AS split_limit,
            if(hours.tolerated > 0, hours.tolerated, 24) AS split_hours
        FROM (
            SELECT
                *,
                'threshold split_limit' AS limit_place,
                'threshold split_hours' AS hours_place
            FROM (
                -- include shared/in-reporting
            )
            WHERE reported IS NOT NULL
        ) AS asked
        ASOF INNER JOIN tolerances AS limits ON limits.place = asked.limit_place AND limits.valid_from <= asked.at
        ASOF LEFT JOIN tolerances AS hours ON hours.place = asked.hours_place AND hours.valid_from <= asked.at
        ASOF LEFT JOIN accounts AS people ON people.account = asked.requester AND people.valid_from <= asked.at
        WHERE asked.at < limits.until AND stated <= split_limit
    )
SELECT
    document_type,
    document_id,
    '' AS subject_id,
    'threshold' AS category,
    later.at AS detected_at,
    'high' AS severity,
    any(later.policy) AS policy_id,
    any(later.policy_version) AS policy_version,
    NULL AS amount,
    '' AS currency,
    any(later.who) AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((earlier.at, earlier.evidence)))) AS evidence,
    concat(
        toString(count()),
        ' requisitions of ',
        any(later.who),
        ' at ',
        any(later.supplier),
        ' within ',
        toString(any(later.split_hours)),
        ' h: ',
        toString(round(sum(earlier.stated), 2)),
        ' ',
        any(later.reporting_code),
        ' together, the limit is ',
        toString(any(later.split_limit)),
        ' (',
        arrayStringConcat(arrayMap(one -> one.2, arraySort(groupArray((earlier.at, earlier.document_id)))), ', '),
        ').'
    ) AS detail
FROM needs AS later
INNER JOIN needs AS earlier ON earlier.who = later.who AND earlier.supplier = later.supplier
WHERE (earlier.at, earlier.document_id) <= (later.at, later.document_id)
    AND toUnixTimestamp64Micro(later.at) - toUnixTimestamp64Micro(earlier.at) <= later.split_hours * 3600000000
    AND (earlier.item = later.item OR earlier.item = '' OR later.item = '')
    AND (
        {batch:String} = ''
        OR (later.document_type, later.document_id) IN (
            -- include shared/scope-keys
        )
    )
GROUP BY later.document_type AS document_type, later.document_id AS document_id, later.at
HAVING count() > 1 AND sum(earlier.stated) > any(later.split_limit)
