import { MINUTE, SECOND } from './calendar.ts'
import { hash } from './random.ts'
import type { Detail, DemoEvent } from './recorder.ts'
import { SYSTEMS } from './case.ts'
import type { World } from './world.ts'

/** Scheduled flows that every tenant's workflow engine runs once a minute, and the system that each one calls. */
const FLOWS = ['invoice-inbox', 'erp-sync', 'receipt-feed'] as const

/** Minutes within which a run that begins in one minute ends. */
const LONGEST_RUN = 2

/** How long before the anchor the runs of scheduled flows are kept, as workflow engines prune theirs. */
export const RUNS_KEPT = 180 * MINUTE

/** The runs of scheduled flows in `(from, to]`, in order of time: the pulse between business events. */
export function scheduledRuns(world: World, from: number, to: number): DemoEvent[] {
  const events: DemoEvent[] = []
  const erp = world.profile.units[0]?.erp ?? 'erp'
  for (let minute = Math.floor(from / MINUTE) - LONGEST_RUN; minute <= Math.floor(to / MINUTE); minute++) {
    for (const [index, flow] of FLOWS.entries()) {
      const draw = hash(world.seed, world.tenant.id, flow, minute)
      const started = minute * MINUTE + (draw % 40_000)
      const ended = started + 300 + ((draw >>> 8) % 9000)
      const target = flow === 'erp-sync' ? erp : flow === 'receipt-feed' ? 'wms-feed' : 'supplier-portal'
      const failure = world.disturbance(target, flow, started)
      const code = failure?.codes[draw % (failure?.codes.length ?? 1)]
      const id = `${flow}-${minute}`
      const put = (at: number, type: string, half: number, detail: Detail): void => {
        if (at <= from || at > to) return
        events.push({
          specversion: '1.0',
          id: `${world.tenant.id}-r${minute * 10 + index}-${half}`,
          source: SYSTEMS.n8n.source,
          type,
          time: new Date(at).toISOString(),
          subject: id,
          data: {
            seq: minute * 10 + half,
            objects: [{ type: 'workflow_run', id }],
            system: SYSTEMS.n8n.id,
            system_class: SYSTEMS.n8n.class,
            step: flow,
            workflow_run: `n8n:${id}`,
            actor: { id: 'svc-n8n', kind: 'system' },
            ...detail,
            attributes: { flow, target },
          },
        })
      }
      put(started, 'workflow_run.started', 0, {})
      if (code === undefined) put(ended, 'workflow_run.completed', 1, { outcome: { status: 'ok' } })
      else {
        const { code: text, status, message, retryable } = code
        put(ended + 20 * SECOND, 'workflow_run.failed', 1, { outcome: { status, code: text, message, retryable } })
      }
    }
  }
  return events.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}
