-- Figures of calls.
countIf(is_call) AS calls,
countIf(is_call AND status = 'ok' AND class = 'none') AS ok,
countIf(is_call AND class = 'technical') AS technical,
countIf(is_call AND class = 'business') AS business,
countIf(is_call AND class = 'unknown') AS unknown,
countIf(is_call AND status = 'throttled') AS throttled,
countIf(is_call AND status = 'unauthenticated') AS unauthenticated,
countIf(is_call AND status = 'refused') AS refused,
countIf(is_call AND status = 'timeout') AS timeouts,
countIf(is_call AND status = 'cancelled') AS cancelled,
countIf(is_call AND attempt > 1) AS retries,
quantilesExactIf(0.5, 0.95, 0.99)(duration_ms, is_call) AS quantiles_ms
