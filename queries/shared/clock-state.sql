if(
    state IN ('running', 'paused') AND deadline_at IS NOT NULL AND deadline_at <= {now:DateTime64(6, 'UTC')},
    'breached',
    state
) AS now_state
