import { z } from 'zod'
import { SlaDefinition } from '../../model/sla.ts'
import { DIMENSIONS } from '../../model/vocabulary.ts'
import { Window } from './common.ts'

const STATES = ['running', 'paused', 'met', 'breached', 'cancelled'] as const

export const SlaProblems = z
  .object({ problems: z.array(z.object({ code: z.string(), message: z.string() })) })
  .meta({ id: 'SlaProblems' })
export type SlaProblems = z.output<typeof SlaProblems>

const Counts = {
  met: z.int(),
  breached: z.int().describe('open clocks past their deadline among them'),
  breached_open: z.int(),
  cancelled: z.int().describe('count in neither'),
  attainment: z.number().nullable().describe('met ÷ (met + breached); null where nothing ended'),
}

export const Sla = z
  .object({
    id: z.string(),
    version: z.int(),
    state: z.enum(['active', 'retired']),
    created_at: z.string(),
    created_by: z.string(),
    definition: SlaDefinition,
    ...Counts,
    previous: z.number().nullable().describe('attainment of the preceding window of equal length'),
    running: z.int(),
    paused: z.int(),
    overdue: z.int().describe('open past their deadline now, whenever it was'),
  })
  .meta({ id: 'Sla' })
export type Sla = z.output<typeof Sla>

export const Slas = z.object({ from: z.string(), to: z.string(), slas: z.array(Sla) }).meta({ id: 'Slas' })
export type Slas = z.output<typeof Slas>

export const SlasTaken = z.object({ taken: z.array(z.string()) }).meta({ id: 'SlasTaken' })
export type SlasTaken = z.output<typeof SlasTaken>

const BreachSets = z.array(
  z.object({ because: z.array(z.string()).describe('without all of these together it would have been met'), breaches: z.int() }),
)

export const SlaDetail = Sla.extend({
  versions: z.array(
    z.object({ version: z.int(), state: z.string(), created_at: z.string(), created_by: z.string(), definition: SlaDefinition }),
  ),
  trend: z.array(z.object({ bucket: z.string(), ...Counts })),
  groups: z.array(z.object({ group: z.string(), ...Counts })),
  because: z
    .object({ causes: BreachSets, systems: BreachSets, unexplained: z.int() })
    .describe('what the breaches that ended in the window are due to'),
  calibration: z
    .array(
      z.object({
        used_share: z.number().describe('share of the target that was used up'),
        told: z.number().describe('breach probability that the earlier clocks told'),
        breached: z.number().describe('share of the later ones that were breached'),
        n: z.int(),
      }),
    )
    .describe('how well breaches are told; empty where too few ended'),
}).meta({ id: 'SlaDetail' })
export type SlaDetail = z.output<typeof SlaDetail>

export const SlaQuery = Window.extend({
  bucket: z.enum(['day', 'week', 'month']).default('week'),
  group_by: z.enum(DIMENSIONS).exclude(['supplier_class', 'policy_version']).optional(),
})

export const Clock = z
  .object({
    sla: z.string(),
    sla_version: z.int(),
    type: z.string(),
    id: z.string(),
    subject: z.string().describe('exception that it is about; empty for the whole document'),
    epoch: z.int(),
    state: z.enum(STATES),
    started_at: z.string(),
    ended_at: z.string().nullable(),
    deadline_at: z.string().nullable().describe('instant of the breach, by the clock itself'),
    warnings: z.array(z.string().nullable()),
    escalations: z.array(z.string().nullable()).describe('when it escalates after its deadline'),
    because: z.array(z.array(z.string())).describe('of a breach that ended: sets of causes without which it would have been met'),
    because_systems: z.array(z.array(z.string())).describe('the same of the systems that failed'),
    used_s: z.number().describe('of the target’s own time, up to now'),
    target_s: z.number().nullable(),
    pauses: z.array(z.object({ reason: z.string(), held_s: z.number() })),
    calendar: z.string(),
    calendar_since: z.string().nullable().describe('since when the version of the calendar holds that decided it'),
    amount: z.string().nullable(),
    currency: z.string(),
    entity: z.string(),
    supplier: z.string(),
    approver: z.string(),
    system: z.string(),
    known_since: z.string(),
  })
  .meta({ id: 'Clock' })
export type Clock = z.output<typeof Clock>

export const ClockQuery = Window.extend({
  sla: z.string().max(64).default(''),
  state: z
    .enum([...STATES, 'open'])
    .default('open')
    .describe('open: running, paused and overdue ones, the nearest deadline first'),
  because: z.string().max(200).default('').describe('a set of causes, joined by +, without which a breach would have been met'),
  because_system: z.string().max(1000).default('').describe('the same of the systems that failed'),
  entity: z.string().max(512).default(''),
  supplier: z.string().max(512).default(''),
  approver: z.string().max(512).default(''),
  system: z.string().max(512).default(''),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.coerce.number().int().min(0).max(1_000_000).default(0).describe('`next` of the page before'),
})

export const Clocks = z
  .object({
    clocks: z.array(
      Clock.extend({ breach_probability: z.number().nullable().describe('null where too few finished ones lasted as long') }),
    ),
    next: z.int().nullable(),
  })
  .meta({ id: 'Clocks' })
export type Clocks = z.output<typeof Clocks>

export const DocumentClocks = z
  .object({
    clocks: z.array(
      Clock.extend({
        history: z.array(
          z.object({
            known_since: z.string(),
            state: z.enum([...STATES, 'retracted']),
            started_at: z.string(),
            ended_at: z.string().nullable(),
            deadline_at: z.string().nullable(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'DocumentClocks' })
export type DocumentClocks = z.output<typeof DocumentClocks>
