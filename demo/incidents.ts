import { HOUR, MINUTE } from './calendar.ts'
import { riskSupplier } from './purchase-order.ts'
import { createRecorder, type Detail, type Recorder } from './recorder.ts'
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

/** What the stories leave behind on their own: incidents of connectors and the risk of a supplier. */
export function storyChains(world: Case['world']): Recorder[] {
  return world.stories.flatMap((story) => {
    const rec = createRecorder(`${world.tenant.id}-s-${story.id}-${story.from}`)
    if (story.kind === 'risk') {
      const supplier = riskSupplier(world)
      if (supplier === undefined) return []
      const doc = rec.doc('supplier', supplier.id, { supplier: supplier.id, category: supplier.category.name })
      const run: Detail = { actor: machine('contracthub') }
      rec.emit(story.from, 'supplier.risk_changed', [doc], SYSTEMS.contracts, {
        ...run,
        attributes: { risk_category: 'critical', reason: 'insolvency filing' },
      })
      rec.emit(story.to, 'supplier.risk_changed', [doc], SYSTEMS.contracts, {
        ...run,
        attributes: { risk_category: 'medium', reason: 'guarantee received' },
      })
      return [rec]
    }
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
