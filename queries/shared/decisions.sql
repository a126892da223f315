-- Approvals that somebody gave to documents in scope: a person, or a service account or bot that leads to one. A system that notes what
-- others decided gives none.
SELECT
    object_type,
    object_id,
    event_id,
    place,
    occurred_at,
    step,
    actor_id,
    who,
    delegator,
    principal,
    identities,
    roles
FROM (
    -- include shared/acts
)
WHERE leads
    AND status NOT IN ('rejected', 'failed', 'cancelled')
    AND activity IN ('approval.decided', 'requisition.approved', 'po.approved', 'invoice.approved', 'onboarding.approved')
    AND (actor_kind = 'human' OR who != actor_id)
