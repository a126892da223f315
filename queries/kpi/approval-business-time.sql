-- title: Approval cycle in business time
-- unit: s
-- better: lower
-- topic: cycle time
-- grain: approval
-- documents: approval
-- reads: approval
-- cohort: decided; while undecided, requested
-- calendar: business time of the approver's calendar, else of the tenant's default
-- needs: calendars
-- definition: First decision minus first request of an approval, in the business time of whoever decided: the calendar that the
--   identities of the reference data name, else the one called default, else the only one there is. Approvals that run
--   backwards, and those for which no calendar holds, are left out. Open: requested and not decided.
-- benchmark: invoice approval: leaders 22.1 h elapsed (Coupa 2018)
-- minimum_n: 20
WITH
    edges AS (
        SELECT
            calendar,
            at,
            open_us_before,
            is_open,
            max(at) OVER (PARTITION BY calendar) AS ceiling_at
        FROM sightline.calendar_boundaries
        WHERE tenant_id = {tenant_id:String}
            AND (calendar, (calendar_version, version)) IN (
                SELECT
                    calendar,
                    max((calendar_version, version))
                FROM sightline.calendar_boundaries
                WHERE tenant_id = {tenant_id:String}
                GROUP BY calendar
            )
    ),
    (
        SELECT multiIf(has(groupUniqArray(key), 'default'), 'default', uniqExact(key) = 1, any(key), '')
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'calendars'
    ) AS fallback
SELECT
    'approval' AS document_type,
    approval_id AS document_id,
    approval_id AS subject_id,
    if(decided, decided_at, requested_at) AS cohort_at,
    decided AND decided_at >= requested_at AND starts.calendar != '' AND ends.calendar != '' AND decided_at <= starts.ceiling_at AS counted,
    NOT decided AS open,
    multiIf(counted OR open, '', decided_at < requested_at, 'runs backwards', 'no calendar holds') AS reason,
    if(
        counted,
        (
            (ends.open_us_before + ends.is_open * dateDiff('microsecond', ends.at, decided_at))
            - (starts.open_us_before + starts.is_open * dateDiff('microsecond', starts.at, requested_at))
        ) / 1e6,
        0
    ) AS value,
    1 AS weight,
    facets
FROM (
    SELECT
        asked.*,
        if(persons.calendar_named != '', persons.calendar_named, fallback) AS calendar_used
    FROM (
        SELECT
            object_id AS approval_id,
            minIf(occurred_at, activity = 'approval.requested') AS requested_at,
            minIf(occurred_at, activity = 'approval.decided' AND lifecycle != 'started') AS decided_at,
            countIf(activity = 'approval.decided' AND lifecycle != 'started') > 0 AS decided,
            argMinIf(actor_id, (occurred_at, seq, place_id), activity = 'approval.decided' AND lifecycle != 'started') AS decided_by,
            -- include shared/document-facets
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type = 'approval'
        GROUP BY object_id
        HAVING countIf(activity = 'approval.requested') > 0
    ) AS asked
    LEFT JOIN (
        SELECT
            arrayJoin(arrayPushFront(JSONExtract(body, 'accounts', 'Array(String)'), key)) AS account,
            argMax(JSONExtractString(body, 'calendar'), valid_from) AS calendar_named
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'identities'
        GROUP BY account
    ) AS persons ON persons.account = asked.decided_by
) AS spans
ASOF LEFT JOIN edges AS starts ON starts.calendar = spans.calendar_used AND starts.at <= spans.requested_at
ASOF LEFT JOIN edges AS ends ON ends.calendar = spans.calendar_used AND ends.at <= spans.decided_at
