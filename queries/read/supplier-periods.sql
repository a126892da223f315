-- One supplier by period: the window is period 0, the stretches of the same length before it are 1, 2, …
SELECT *
FROM (
    -- include shared/supplier-periods
)
ORDER BY period DESC
