/** A record that the mapping below reads. */
export const STARTING_SAMPLE = {
  status: 'received',
  changed_at: '2026-11-20T09:30:00Z',
  invoice: { number: 'INV-1001' },
}

/** A small mapping that works, to begin with. */
export const STARTING_POINT = {
  name: 'my-invoices',
  version: 1,
  title: 'My invoices',
  input: 'json',
  rules: [
    {
      name: 'received',
      when: { value: '$.status', is: 'received' },
      events: [
        {
          activity: '$.status',
          canonical: 'invoice.received',
          id: '{$.invoice.number}/{$.status}',
          time: '$.changed_at',
          objects: [{ type: 'invoice', id: '$.invoice.number' }],
        },
      ],
    },
  ],
  otherwise: { drop: 'No rule takes this status' },
}
