-- The timelines of the scope's documents, for the statements of a run; on each event what its document is grouped and filtered by.
INSERT INTO sightline.derive_events
SELECT
    {batch:String} AS batch,
    *,
    CAST(
        tuple(
            max(entity) OVER document,
            max(business_unit) OVER document,
            max(plant) OVER document,
            max(region) OVER document,
            max(risk_category) OVER document,
            max(budget_owner) OVER document,
            max(category_of_spend) OVER document,
            max(supplier) OVER document,
            max(approver) OVER document,
            max(system) OVER document,
            argMaxIf(policy_version, (occurred_at, seq, place_id), policy_version != '') OVER document,
            argMaxIf(currency, (occurred_at, seq, place_id), currency != '') OVER document
        ),
        'Tuple(entity String, business_unit String, plant String, region String, risk_category String, budget_owner String, category String, supplier String, approver String, system String, policy_version String, currency String)'
    ) AS facets,
    now('UTC') AS made_at
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND live
    AND (object_type, object_id) IN (
        -- include shared/scope-keys
    )
WINDOW document AS (PARTITION BY object_type, object_id)
