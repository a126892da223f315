-- How many violations a filter finds, by state and currency, with the money at risk.
SELECT
    state,
    currency,
    count() AS n,
    toString(sum(ifNull(amount, 0))) AS money
FROM (
    -- include shared/violations-with-state
)
WHERE ({state:String} = '' OR state = {state:String})
GROUP BY state, currency
ORDER BY state, currency
