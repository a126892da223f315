-- Adds events of invoices that came and went in the last 120 days.
INSERT INTO sightline.events (tenant_id, event_id, source, occurred_at, received_at, seq, activity, object_types, object_ids, object_qualifiers)
SELECT
    {tenant:String},
    reinterpretAsUUID(MD5(toString(number))),
    '/erp',
    now64(6, 'UTC') - toIntervalSecond(86400 + number % (120 * 86400)),
    now64(6, 'UTC'),
    number,
    ['invoice.received', 'invoice.matched', 'invoice.approved', 'invoice.posted'][number % 4 + 1],
    ['invoice'],
    [concat('H-', toString(intDiv(number, 4)))],
    ['']
FROM numbers({events:UInt64})
