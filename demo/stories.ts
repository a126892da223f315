import { DAY, dayOf, HOUR, weekday } from './calendar.ts'

/** What fails while a story or a disturbance lasts, and how it looks from outside. */
export type Failure = {
  system: string
  /** Probability that one attempt fails. */
  probability: number
  codes: readonly { code: string; status: 'failed' | 'timeout'; message: string; retryable: boolean; weight: number }[]
  /** Only steps that begin with this fail. */
  step?: string
}

/** A planted story: what happens to whom, exactly when. Instants in milliseconds since 1970, half open. */
export type Story = {
  id: string
  title: string
  kind: 'outage' | 'slowdown' | 'absence' | 'silence' | 'risk' | 'ai' | 'mapping' | 'credential'
  tenants: readonly string[]
  from: number
  to: number
  failure?: Failure
  /** The plant, where the story has one. */
  plant?: string
}

const MONDAY_TO_THURSDAY: readonly number[] = [1, 2, 3, 4]
const PAYMENT_DAYS: readonly number[] = [2, 4]

/** The start hour (UTC) on the last of these weekdays at or before `daysAgo`, so that working hours are hit. */
function start(anchor: number, daysAgo: number, hour: number, weekdays = MONDAY_TO_THURSDAY): number {
  let day = dayOf(anchor) - daysAgo
  while (!weekdays.includes(weekday(day))) day--
  return day * DAY + hour * HOUR
}

const code = (text: string, status: 'failed' | 'timeout', message: string, retryable: boolean, weight = 1) => ({
  code: text,
  status,
  message,
  retryable,
  weight,
})

const ERP_DOWN = [
  code('HTTP 503', 'failed', 'service unavailable', true, 6),
  code('ETIMEDOUT', 'timeout', 'no answer within 30 s', true, 3),
  code('ECONNREFUSED', 'failed', 'connection refused', true, 1),
] as const

/**
 * The planted stories round an anchor, the instant of the first start (milliseconds since 1970). Ask with the same anchor after a
 * restart: the world then goes on as it was.
 */
export function storiesAround(anchor: number): Story[] {
  const outage = start(anchor, 8, 6, PAYMENT_DAYS)
  const early = start(anchor, 150, 7, PAYMENT_DAYS)
  const tax = start(anchor, 22, 7)
  const mapping = start(anchor, 33, 13)
  const token = start(anchor, 41, 9)
  const risk = start(anchor, 16, 10)
  const agent = start(anchor, 12, 0)
  const feed = start(anchor, 6, 5)
  const hour = Math.floor(anchor / HOUR) * HOUR
  return [
    {
      id: 'sap-eu-outage',
      title: 'SAP Europe connector down for 26 hours',
      kind: 'outage',
      tenants: ['kestrel'],
      from: outage,
      to: outage + 26 * HOUR,
      failure: { system: 'sap-eu', probability: 1, codes: ERP_DOWN },
    },
    {
      id: 'sap-eu-outage-early',
      title: 'SAP Europe connector down for 5 hours',
      kind: 'outage',
      tenants: ['kestrel'],
      from: early,
      to: early + 5 * HOUR,
      failure: { system: 'sap-eu', probability: 1, codes: ERP_DOWN },
    },
    {
      id: 'tax-slowdown',
      title: 'Tax engine answers too late for four days',
      kind: 'slowdown',
      tenants: ['kestrel', 'aurelia', 'nb-alder', 'nb-birch', 'nb-cedar', 'nb-dogwood', 'nb-elm'],
      from: tax,
      to: tax + 4 * DAY,
      failure: {
        system: 'taxgate',
        probability: 0.45,
        codes: [
          code('ETIMEDOUT', 'timeout', 'no answer within 30 s', true, 9),
          code('HTTP 504', 'timeout', 'gateway timeout', true, 2),
        ],
      },
    },
    {
      id: 'approver-holiday',
      title: 'Plant manager of P2 on holiday without a delegate',
      kind: 'absence',
      tenants: ['kestrel'],
      from: start(anchor, 21, 15),
      to: start(anchor, 21, 15) + 14 * DAY,
      plant: 'P2',
    },
    {
      id: 'silent-receipt-feed',
      title: 'Warehouse feed of plant P4 silent',
      kind: 'silence',
      tenants: ['kestrel'],
      from: feed,
      to: feed + 4 * DAY + 3 * HOUR,
      plant: 'P4',
    },
    {
      id: 'supplier-risk',
      title: 'Risk of a main supplier raised to critical: orders paused',
      kind: 'risk',
      tenants: ['kestrel'],
      from: risk,
      to: risk + 8 * DAY,
    },
    {
      id: 'ai-overstep',
      title: 'Coding agent approves invoices without a human decision',
      kind: 'ai',
      tenants: ['aurelia'],
      from: agent,
      to: agent + 2 * DAY,
    },
    {
      id: 'field-map-change',
      title: 'Field map of SAP Americas changed: 422 for every supplier',
      kind: 'mapping',
      tenants: ['kestrel'],
      from: mapping,
      to: mapping + 22 * HOUR,
      failure: {
        system: 'sap-us',
        probability: 1,
        codes: [code('HTTP 422', 'failed', 'field TaxJurisdiction is required but was not mapped', false)],
      },
    },
    {
      id: 'expired-credential',
      title: 'Credential of the Oracle connector expired',
      kind: 'credential',
      tenants: ['aurelia'],
      from: token,
      to: token + 11 * HOUR,
      failure: {
        system: 'oracle-health',
        probability: 1,
        codes: [code('HTTP 401', 'failed', 'access token expired', false)],
      },
    },
    {
      id: 'expired-credential-live',
      title: 'Credential of the NetSuite connector expired, still going on',
      kind: 'credential',
      tenants: ['nb-cedar'],
      from: hour - 30 * HOUR,
      to: hour + 9 * HOUR,
      failure: {
        system: 'netsuite',
        probability: 1,
        codes: [code('HTTP 401', 'failed', 'client secret expired', false)],
      },
    },
  ]
}
