import type { ReferenceKind } from './reference.ts'

/** What a kind holds, what cannot be answered without it, and a row to start from. */
type Guide = { holds: string; needed_by: string; example: { key: string; body: Record<string, unknown> } }

/** A guide to each kind of reference data, for people. */
export const REFERENCE_GUIDE: Readonly<Record<ReferenceKind, Guide>> = {
  suppliers: {
    holds: 'Status, class, risk, country and hashed bank reference of each supplier; second records of one supplier point to it.',
    needed_by: 'eligibility controls, duplicate suppliers, figures by class of supplier',
    example: { key: 'S-9', body: { name: 'Altus Works', status: 'approved', class: 'strategic', risk: 'low', country: 'DE' } },
  },
  contracts: {
    holds: 'Which supplier a contract binds, for which categories, up to which sum and at which prices.',
    needed_by: 'off-contract spend, maverick buying, expired or exceeded contracts, price variance against the contract',
    example: {
      key: 'C-2026-014',
      body: { supplier: 'S-9', categories: ['MRO'], ceiling: { amount: '250000', currency: 'EUR' }, prices: [] },
    },
  },
  approval_matrices: {
    holds: 'Who may approve what, up to which amount, for which entity, region and risk category.',
    needed_by: 'authority controls: approval missing, approver without authority, stale matrix',
    example: {
      key: 'PO-L1-DE01',
      body: {
        document_type: 'purchase_order',
        role: 'budget_owner',
        entity: 'DE01',
        up_to: { amount: '10000', currency: 'EUR' },
      },
    },
  },
  policies: {
    holds: 'The rules in force with version, tolerances and the activities they guard.',
    needed_by: 'tolerances of prices, quantities and splits; drift of rules; the version behind each violation',
    example: {
      key: 'price-tolerance',
      body: { version: '7', category: 'threshold', tolerances: { price_pct: 2 }, states: ['invoice.matched'] },
    },
  },
  budgets: {
    holds: 'What an entity or cost centre may commit in a year, quarter or month.',
    needed_by: 'budget overrun, orders over budget',
    example: {
      key: 'DE01/4711/2026-Q1',
      body: { entity: 'DE01', cost_centre: '4711', period: '2026-Q1', amount: '500000', currency: 'EUR' },
    },
  },
  identities: {
    holds: 'Which accounts are one person, service or bot; who stands in for whom; managers, roles and calendars.',
    needed_by: 'separation of duties, self-approval, agents on both sides, working time of people',
    example: { key: 'p-17', body: { name: 'Ada Winter', kind: 'person', accounts: ['u17', 'awinter'], roles: ['buyer'] } },
  },
  calendars: {
    holds: 'Shifts, holidays and zone: when work is done.',
    needed_by: 'business time of KPIs, service levels and delays',
    example: {
      key: 'berlin',
      body: {
        name: 'berlin',
        version: 1,
        zone: 'Europe/Berlin',
        week: {
          mon: [{ from: '09:00', to: '17:00' }],
          tue: [{ from: '09:00', to: '17:00' }],
          wed: [{ from: '09:00', to: '17:00' }],
          thu: [{ from: '09:00', to: '17:00' }],
          fri: [{ from: '09:00', to: '17:00' }],
        },
      },
    },
  },
  rates: {
    holds: 'What one unit of a currency is in another since a day; the latest rate on or before a day counts.',
    needed_by: 'money over documents of several currencies',
    example: { key: 'EUR/USD', body: { from: 'EUR', to: 'USD', rate: '1.0831' } },
  },
  targets: {
    holds: 'The value that a KPI shall reach, for all or for one group: seconds for times, 0 to 1 for shares.',
    needed_by: 'marks on KPI cards and trends',
    example: { key: 'exception-rate', body: { kpi: 'exception-rate', value: 0.1 } },
  },
  systems: {
    holds: 'Class, owner, vendor, runbook and the address of a document in each system.',
    needed_by: 'links back to documents, owners on incidents',
    example: { key: 'sap-eu', body: { name: 'SAP S/4HANA Europe', class: 'erp', owner: 'Finance systems' } },
  },
  value_assumptions: {
    holds: 'The reporting currency, what a touch costs, late fees, and the frozen figures of the time before.',
    needed_by: 'value figures, and every sum of money over several currencies',
    example: { key: 'default', body: { currency: 'EUR', minutes_per_touch: 6, hourly_rate: '40' } },
  },
}
