CAST(
    tuple(
        max(entity),
        max(business_unit),
        max(plant),
        max(region),
        max(risk_category),
        max(budget_owner),
        max(category_of_spend),
        max(supplier),
        max(approver),
        max(system),
        argMaxIf(policy_version, (occurred_at, seq, place_id), policy_version != ''),
        argMaxIf(currency, (occurred_at, seq, place_id), currency != '')
    ),
    'Tuple(entity String, business_unit String, plant String, region String, risk_category String, budget_owner String, category String, supplier String, approver String, system String, policy_version String, currency String)'
) AS facets
