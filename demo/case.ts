import { afterWork, HOUR } from './calendar.ts'
import { inCurrency } from './limits.ts'
import type { Random } from './random.ts'
import type { Actor, Attributes, Recorder, System } from './recorder.ts'
import type { Category, Unit } from './tenants.ts'
import type { Supplier } from './suppliers.ts'
import type { World } from './world.ts'

/** What all steps of one chain share. */
export type Case = {
  world: World
  random: Random
  rec: Recorder
  unit: Unit
  supplier: Supplier
  category: Category
  /** Value of the purchase in the tenant's own yardstick, before conversion to the site's currency. */
  amount: number
  attributes: Attributes
  workflow_run: string
  erp: System
  /** The people who asked this supplier for something today or tomorrow, so that two needs never look like one that was split. */
  asked: Set<string>
  day: number
  /** What is bought, and how much of it at which price (in the yardstick). */
  item: string
  quantity: number
  price: number
  cost_centre: string
  /** Set where one need was split into two requisitions under the limit. */
  split?: { requester: string; second: boolean }
}

const system = (id: string, kind: string, path: string): System => ({ id, class: kind, source: `/${path}/${id}` })

/** The systems beside the ERP. */
export const SYSTEMS = {
  n8n: system('n8n', 'workflow', 'workflow'),
  taxgate: system('taxgate', 'tax', 'tax'),
  contracts: system('contracthub', 'contract', 'contract'),
  portal: system('supplier-portal', 'supplier_portal', 'portal'),
  payments: system('paybridge', 'payment', 'payment'),
  docai: system('docai', 'ai', 'ai'),
  agent: system('codingbot', 'ai', 'ai'),
  feed: system('wms-feed', 'broker', 'feed'),
} as const

const erps = new Map<string, System>()

/** The ERP with this id. */
export function erpSystem(id: string): System {
  let erp = erps.get(id)
  if (erp === undefined) erps.set(id, (erp = system(id, 'erp', 'erp')))
  return erp
}

/** A workflow engine, connector or agent that acts. */
export function machine(id: string, kind: 'system' | 'ai_agent' = 'system'): Actor {
  return { id: `svc-${id}`, kind }
}

/** A person that acts. */
export function human(id: string): Actor {
  return { id, kind: 'human' }
}

/** One of the `count` people of a kind at an entity of the case. */
export function anyOf(c: Case, kind: 'invoice_approver' | 'ap_clerk' | 'buyer', count: number): string {
  return `${kind}:${c.unit.entity}:${c.random.int(0, count - 1)}`
}

/** Works off a queue: the time that a person takes to come to a thing, in working hours. */
export function queued(c: Case, at: number, medianHours: number, sigma = 0.8): number {
  return afterWork(c.unit, at, c.random.logNormal(medianHours, sigma) * HOUR)
}

/** An amount in the currency of the site. */
export function money(c: Case, amount: number): { amount: string; currency: string } {
  return { amount: inCurrency(amount, c.unit.currency), currency: c.unit.currency }
}
