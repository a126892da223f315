countIf(counted AND weight != 0) AS n,
countIf(open) AS still_open,
countIf(in_store AND NOT counted AND NOT open) AS excluded,
sumIf(value, counted) AS value_sum,
sumIf(weight, counted) AS weight_sum,
quantilesExactInclusiveStateIf(0.5, 0.9)(value, counted AND kpi IN {medians:Array(String)}) AS quantiles
