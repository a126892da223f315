import { z } from 'zod'
import { AlertBody } from '../../model/alert-body.ts'
import { Severity, Slug } from '../../model/alert-rule.ts'
import { cleanText, Window } from './common.ts'

const CLASSES = ['business', 'technical'] as const

export const AlertsQuery = z.object({
  state: z.enum(['open', 'resolved', 'all']).default('open'),
  class: z.enum(CLASSES).optional(),
  severity: Severity.optional().describe('this grave, or graver'),
  rule: cleanText(64).optional(),
  party: cleanText(64).optional().describe('a party that answers for it, and has not handed it over'),
  mine: z.enum(['true', 'false']).default('false').describe('those that this credential acknowledged'),
  held: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: those that an incident or a silence holds back only; `false`: without them'),
  q: cleanText(200).optional().describe('text of title, cause, rule or a document'),
  sort: z.enum(['grave', 'newest']).default('grave').describe('`grave`: by severity, money at risk, age'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: cleanText(300).optional().describe('`next` of the page before'),
})

const PartyState = z.enum(['held', 'told', 'acknowledged', 'handed_over', 'done'])

const party = z.object({
  party: z.string(),
  title: z.string(),
  state: PartyState.describe('held: not told yet, since its working time has not come or somebody comes first'),
  step: z.int().describe('steps of its escalation that were taken'),
  started_at: z.string().nullable(),
  told_at: z.string().nullable(),
  acknowledged_at: z.string().nullable(),
  acknowledged_by: z.string().nullable(),
  acknowledged_severity: Severity.nullable().describe('a graver one tells again'),
  next_at: z.string().nullable().describe('when its next step is due'),
})

const { members: _members, ...said } = AlertBody.shape

const line = {
  id: z.string(),
  rule: z.string(),
  rule_title: z.string(),
  class: z.enum(CLASSES),
  severity: Severity,
  state: z.enum(['waiting', 'firing', 'resolved']).describe('waiting: opened, and nobody is told yet'),
  ...said,
  money: z.number().nullable().describe('money at risk in the reporting currency'),
  labels: z.record(z.string(), z.string()),
  started_at: z.string().describe('by the events'),
  opened_at: z.string().describe('by the engine'),
  resolved_at: z.string().nullable(),
  inhibited_by: z.string().nullable().describe('alert of the incident that holds it back'),
  silenced_by: z.string().nullable(),
  follows: z.string().nullable().describe('alert whose follow-up it is'),
  verdict: z.enum(['useful', 'noise']).nullable(),
  parties: z.array(party),
}

/** Alerts: one for each cause, the grave and costly first. */
export const Alerts = z
  .object({
    alerts: z.array(z.object(line)),
    next: z.string().nullable(),
    counts: z.object({
      open: z.int().describe('open, and not held back'),
      business: z.int().describe('of these'),
      technical: z.int().describe('of these'),
      unacknowledged: z.int().describe('of these, those that nobody has acknowledged'),
      held: z.int().describe('open, and held back by an incident or a silence'),
      resolved: z.int(),
    }),
  })
  .meta({ id: 'Alerts' })
export type Alerts = z.output<typeof Alerts>

const related = z.object({
  id: z.string(),
  rule: z.string(),
  title: z.string(),
  state: z.enum(['waiting', 'firing', 'resolved']),
  severity: Severity,
})

/** One alert's whole story. */
export const AlertDetail = z
  .object({
    ...line,
    members: AlertBody.shape.members,
    closable: z.boolean().describe('whether people may close it: all of it is over, or its data is missing'),
    runbook: z.string().nullable(),
    rule_version: z.int().nullable().describe('version of the rule that decided last; null where none has'),
    rule_state: z.enum(['active', 'retired']).nullable().describe('null where there is no such rule'),
    story: z
      .array(
        z.object({
          id: z.int(),
          at: z.string(),
          actor: z.string().describe('`engine`, or a key'),
          actor_name: z.string(),
          what: z.string(),
          detail: z.record(z.string(), z.unknown()),
        }),
      )
      .describe('what happened to it, in order'),
    transitions: z
      .array(
        z.object({
          rule: z.string(),
          key: z.string(),
          epoch: z.int(),
          number: z.int(),
          from: z.string(),
          to: z.string(),
          at: z.string().describe('when it came about, by the events'),
          decided_at: z.string().describe('when the engine found it'),
          reason: z.string(),
          severity: Severity,
          value: z.number().nullable(),
          rule_version: z.int(),
        }),
      )
      .describe('the latest first'),
    transitions_total: z.int(),
    deliveries: z
      .array(
        z.object({
          id: z.int(),
          party: z.string(),
          channel: z.string(),
          channel_title: z.string(),
          kind: z.string(),
          state: z.enum(['queued', 'sent', 'dead', 'dropped']),
          attempts: z.int(),
          created_at: z.string(),
          about_at: z.string().nullable().describe('when what it tells of came about'),
          sent_at: z.string().nullable(),
          next_at: z.string().nullable().describe('when it is tried again; null where it is not'),
          receipt: z.string().nullable(),
          error: z.string().nullable(),
        }),
      )
      .describe('messages, the latest first'),
    held_by: related.nullable().describe('alert of the incident that holds it back'),
    silence: z
      .object({
        id: z.string(),
        kind: z.enum(['silence', 'maintenance']),
        from: z.string(),
        to: z.string(),
        reason: z.string(),
        created_by: z.string(),
        ended_at: z.string().nullable(),
      })
      .nullable(),
    followed: related.nullable().describe('alert whose follow-up it is'),
    follow_ups: z.array(related),
    holds: z.array(related).describe('alerts that it holds back'),
    choices: z.array(z.object({ party: z.string(), title: z.string() })).describe('parties that it may be handed over to'),
  })
  .meta({ id: 'AlertDetail' })
export type AlertDetail = z.output<typeof AlertDetail>

const note = cleanText(2000)

export const AlertAcknowledge = z.object({
  party: Slug.optional().describe('for one party; all that answer for it where not given'),
  note: note.optional(),
})
export const AlertHandOver = z.object({ party: Slug, to: Slug, note: note.min(1).describe('what the others should know') })
export const AlertNoteBody = z.object({ text: note.min(1) })
export const AlertVerdict = z.object({ verdict: z.enum(['useful', 'noise']), note: note.optional() })
export const AlertResolve = z.object({ reason: note.min(3) })

export const AlertQualityQuery = Window

const share = z.number().nullable()

/** How well the rules' pages served those who got them. */
export const AlertQuality = z
  .object({
    from: z.string(),
    to: z.string(),
    truncated: z.boolean().describe('whether there were more alerts than are looked at; the latest are'),
    rules: z.array(
      z.object({
        rule: z.string(),
        title: z.string(),
        alerts: z.int(),
        pages: z.int().describe('alerts that somebody was told of'),
        pages_a_week: z.number(),
        messages: z.int().describe('messages of all kinds'),
        acknowledged_share: share.describe('of pages'),
        acknowledge_s: z.number().nullable().describe('median seconds from being told to acknowledging'),
        self_healed: z.int().describe('pages that were over within five minutes without anybody acting'),
        self_healed_share: share,
        flaps: z.int().describe('alerts that came back within an hour of being over'),
        useful: z.int(),
        noise: z.int(),
        precision: z
          .object({ value: z.number(), low: z.number(), high: z.number() })
          .nullable()
          .describe("useful ÷ (useful + noise), with Wilson's 95 % interval; null where nobody judged"),
        advice: z.array(
          z.object({
            kind: z.enum(['retire', 'raise_for', 'raise_keep_firing']),
            seconds: z.number().nullable().describe('what to raise it to'),
            why: z.string(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'AlertQuality' })
export type AlertQuality = z.output<typeof AlertQuality>

/** How the alert engine is: a silent one is worse than a loud one. */
export const AlertEngine = z
  .object({
    state: z.enum(['alive', 'late', 'never']).describe('late: it has not evaluated for two minutes; never: not once'),
    evaluated_at: z.string().nullable(),
    watermark: z.string().nullable().describe('evaluated up to here, by the events'),
    lag_s: z.number().nullable().describe('seconds that this lies behind now'),
    tick: z.int(),
    error: z.string().nullable().describe('what the last evaluation failed with'),
    rules: z.int().describe('rules in force'),
    queued: z.int().describe('messages on their way'),
    oldest_queued_at: z.string().nullable(),
    dead: z.int().describe('messages of the last seven days that nobody got'),
    dead_channels: z.array(
      z.object({
        channel: z.string(),
        title: z.string(),
        dead: z.int(),
        last_at: z.string(),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'AlertEngine' })
export type AlertEngine = z.output<typeof AlertEngine>
