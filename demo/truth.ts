import type { ControlId } from './controls.ts'
import type { Promised } from './deadlines.ts'

/** What really held a document up. */
export type Cause = 'technical' | 'business_exception' | 'supplier' | 'person' | 'touch' | 'queue'

/** One stretch of a document's life with one cause. Instants ISO 8601, half open. */
type TruthInterval = { from: string; to: string; cause: Cause; holder: string; step: string; caused_by?: string }

/** A business exception, or a failure raised as one; `category` is that of the root cause. */
export type TruthException = {
  id: string
  class: 'business' | 'technical' | 'unknown'
  category: string
  code: string
  raised: string
  resolved: string
  caused_by?: string
}

/** A violation of a control (its meaning: `CONTROLS`), since when it is one, and whether the workflow itself reported it. */
type TruthViolation = {
  control_id: ControlId
  policy: string
  version: string
  at: string
  /** Since when the events show it: later than `at` where something that follows makes it one. */
  evident_at: string
  severity: Severity
  control: Control
  reported: boolean
}

/** One connector operation; class `none` where no attempt failed. */
export type TruthOperation = {
  id: string
  attempts: number
  final: 'succeeded' | 'failed' | 'abandoned'
  class: 'none' | 'technical' | 'business'
  category: string
}

export type Severity = 'low' | 'medium' | 'high' | 'critical'

export type Control =
  | 'authority'
  | 'threshold'
  | 'eligibility'
  | 'contract'
  | 'budget'
  | 'tax'
  | 'retention'
  | 'segregation'
  | 'exception'
  | 'AI'

/** How an order is matched: the four types of the BPI Challenge 2019. */
export type Path = 'two_way' | 'three_way_after' | 'three_way_before' | 'consignment'

/** A promise (see `promisesOf`); instants ISO 8601. `met` is null where it was cancelled or never ends. */
type TruthClock = {
  sla: Promised['sla']
  object: string
  subject: string
  started_at: string
  deadline_at: string
  ended_at: string | null
  met: boolean | null
}

/** Everything that is true of one document, over its whole life, also the part that lies after now. */
export type TruthDocument = {
  tenant: string
  type: string
  id: string
  first_at: string
  last_at: string
  intervals: TruthInterval[]
  exceptions: TruthException[]
  violations: TruthViolation[]
  operations: TruthOperation[]
  /** The promises on it and when each is breached. */
  clocks: TruthClock[]
  /** Planted stories that touched the document, by id. */
  incidents: string[]
  /** First instant of each activity. */
  milestones: Record<string, string>
  path?: Path
  due_at?: string
  /** Instant at which the payment cleared. */
  paid_at?: string
  /** Whether the deadline was missed: paid after it was due. */
  late?: boolean
  /** Set where noise swallowed one of its events. */
  incomplete?: true
}

/** A stretch in which something blocked a document, as it was planned; milliseconds since 1970. */
export type Blocker = { from: number; to: number; cause: Cause; holder: string; step: string; caused_by?: string }

/**
 * Charges each instant of a life to one cause: of several blockers open at once the one released last; where nothing blocks, or a
 * person is waited on, touch, else queue. Adjoining stretches of one blocker are joined, so the result is a partition of `[first, last)`.
 */
export function chargeIntervals(first: number, last: number, blockers: readonly Blocker[]): Blocker[] {
  const cuts = new Set<number>([first, last])
  for (const blocker of blockers) {
    if (blocker.from > first && blocker.from < last) cuts.add(blocker.from)
    if (blocker.to > first && blocker.to < last) cuts.add(blocker.to)
  }
  const instants = [...cuts].toSorted((a, b) => a - b)
  const queue: Blocker = { from: first, to: last, cause: 'queue', holder: '', step: '' }
  const charged: Blocker[] = []
  let current: Blocker | null = null
  for (let i = 0; i + 1 < instants.length; i++) {
    const from = instants[i] ?? first
    const to = instants[i + 1] ?? last
    let winner = queue
    let touch: Blocker | null = null
    for (const blocker of blockers) {
      if (blocker.from > from || blocker.to < to || blocker.from === blocker.to) continue
      if (blocker.cause === 'touch') touch ??= blocker
      else if (winner === queue || outranks(blocker, winner)) winner = blocker
    }
    if (touch !== null && (winner.cause === 'queue' || winner.cause === 'person')) winner = touch
    const joined = charged.at(-1)
    if (winner === current && joined !== undefined) joined.to = to
    else charged.push({ ...winner, from, to })
    current = winner
  }
  return charged
}

/** Of several blockers released at the same instant the earlier in this order is charged. */
const PRECEDENCE: readonly Cause[] = ['technical', 'business_exception', 'supplier', 'person']

function outranks(blocker: Blocker, other: Blocker): boolean {
  if (blocker.to !== other.to) return blocker.to > other.to
  return PRECEDENCE.indexOf(blocker.cause) < PRECEDENCE.indexOf(other.cause)
}
