import { HOUR, MINUTE } from './calendar.ts'
import { type Attributes, createRecorder, type Doc, type Recorder } from './recorder.ts'
import { erpSystem, machine, type Case, SYSTEMS } from './case.ts'
import type { Story } from './stories.ts'

const CODES: Partial<Record<Story['kind'], { code: string; status: 'failed' | 'timeout'; message: string; category: string }>> = {
  outage: { code: 'HTTP 503', status: 'failed', message: 'connector down', category: 'unavailable' },
  slowdown: { code: 'ETIMEDOUT', status: 'timeout', message: 'answers later than 30 s', category: 'timeout' },
  mapping: {
    code: 'HTTP 422',
    status: 'failed',
    message: 'field TaxJurisdiction is required but was not mapped',
    category: 'schema_mapping',
  },
  credential: { code: 'HTTP 401', status: 'failed', message: 'credential expired', category: 'auth' },
  silence: {
    code: 'SOURCE_SILENT',
    status: 'timeout',
    message: 'no message from the feed since its last one',
    category: 'silence',
  },
}

/** What stands beside the documents: incidents of connectors, and what happened to suppliers. */
export function storyChains(world: Case['world']): Recorder[] {
  return [supplierChain(world), ...connectorChains(world)]
}

/** Changes of status, risk and bank details of the suppliers. */
function supplierChain(world: Case['world']): Recorder {
  const rec = createRecorder(`${world.tenant.id}-suppliers`)
  const docs = new Map<string, Doc>()
  const emit = (supplier: string, at: number, type: string, attributes: Attributes): void => {
    let doc = docs.get(supplier)
    if (doc === undefined) docs.set(supplier, (doc = rec.doc('supplier', supplier, { supplier })))
    rec.emit(at, type, [doc], SYSTEMS.contracts, { actor: machine('contracthub'), attributes })
  }
  const { blocked, critical, bank } = world.history
  for (const { supplier, from, to, reason } of blocked) {
    emit(supplier, from, 'supplier.status_changed', { status: 'blocked', reason })
    emit(supplier, to, 'supplier.status_changed', { status: 'approved', reason: 'papers renewed' })
  }
  for (const { supplier, from, to, reason, after } of critical) {
    emit(supplier, from, 'supplier.risk_changed', { risk_category: 'critical', reason })
    emit(supplier, to, 'supplier.risk_changed', { risk_category: after, reason: 'guarantee received' })
  }
  for (const { supplier, at } of bank) emit(supplier, at, 'supplier.bank_changed', { reason: 'new bank account' })
  return rec
}

function connectorChains(world: Case['world']): Recorder[] {
  return world.stories.flatMap((story) => {
    const rec = createRecorder(`${world.tenant.id}-s-${story.id}-${story.from}`)
    const seen = CODES[story.kind]
    if (seen === undefined) return []
    const target = story.failure?.system ?? SYSTEMS.feed.id
    const at = story.from + (story.kind === 'silence' ? 5 * HOUR : 6 * MINUTE)
    const doc = rec.doc('connector', story.plant === undefined ? target : `${target}-${story.plant.toLowerCase()}`, { target })
    const id = `INC-${story.id}`
    const system = target === SYSTEMS.taxgate.id ? SYSTEMS.taxgate : target === SYSTEMS.feed.id ? SYSTEMS.feed : erpSystem(target)
    const { category, ...outcome } = seen
    const retryable = category !== 'auth' && category !== 'schema_mapping'
    rec.emit(at, 'exception.raised', [doc], system, {
      step: 'connector',
      actor: machine('n8n'),
      outcome: { ...outcome, retryable },
      exception: { id, state: 'raised', caused_by: null },
    })
    const resolved = story.to + 4 * MINUTE
    rec.emit(resolved, 'exception.resolved', [doc], system, {
      step: 'connector',
      actor: machine('n8n'),
      exception: { id, state: 'resolved', caused_by: null },
    })
    rec.block([doc], { from: at, to: resolved, cause: 'technical', holder: target, step: 'connector', caused_by: id })
    doc.incidents.add(story.id)
    doc.exceptions.push({
      id,
      class: 'technical',
      category,
      code: seen.code,
      raised: new Date(at).toISOString(),
      resolved: new Date(resolved).toISOString(),
    })
    return [rec]
  })
}
