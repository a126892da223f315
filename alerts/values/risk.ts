import { z } from 'zod'
import type { Seen } from '../../model/alert-seen.ts'
import { type ClockRisk, clockRisks } from '../../queries/clock-risk.ts'
import type { Place, RuleOf, ValueSource } from './value.ts'

/** Clocks that one look tells of at most, the most likely breaches first. */
const MOST = 2000

const Raw = z.array(
  z.object({
    key: z.string(),
    sla_id: z.string(),
    document: z.object({ type: z.string(), id: z.string() }),
    amount: z.number().nullable(),
    currency: z.string(),
    labels: z.record(z.string(), z.string()),
    probability: z.number().nullable(),
    n: z.number(),
  }),
)

/** Clocks that run and will probably be breached; those that are not told of any more are over. */
export const risk: ValueSource<'risk', typeof Raw> = {
  series: ({ watch }) => ({ slas: watch.slas, probability: watch.probability }),
  everyS: ({ watch }) => watch.every_s,
  raw: Raw,
  read: (rule, { at, ...place }) => likely(rule, place, at, false),
  past:
    (rule, place) =>
    ({ at }) =>
      likely(rule, place, at, true),
  judge({ where, severity }, raw): Seen[] {
    return raw
      .filter(({ labels }) => Object.entries(where).every(([name, wanted]) => wanted.includes(labels[name] ?? '')))
      .map(({ key, sla_id, document, amount, currency, labels, probability, n }): Seen => {
        const text = probability === null ? '' : `${Math.round(probability * 100)} %`
        const about = {
          key,
          labels: { ...labels, sla: sla_id, object_type: document.type, owner: ownerOf(labels) },
          noun: document.type,
          of: null,
          value: probability,
          document: { ...document, amount, currency },
          fields: { value: text, threshold: '' },
          cause: `Of the clocks that had lasted as long ${text} were breached (of ${n} in all).`,
        }
        return probability === null ? { ...about, missing: 'low_volume' } : { ...about, holds: true, severity }
      })
  },
}

async function likely({ watch }: RuleOf<'risk'>, { reader, calendars }: Place, at: number, past: boolean): Promise<ClockRisk[]> {
  const all = await clockRisks(reader, calendars, { at, slas: watch.slas, past })
  return all
    .filter(({ probability }) => probability === null || probability >= watch.probability)
    .toSorted((a, b) => (b.probability ?? 0) - (a.probability ?? 0))
    .slice(0, MOST)
}

function ownerOf(labels: Readonly<Record<string, string>>): string {
  return [labels['approver'], labels['budget_owner'], labels['entity']].find((one) => one !== undefined && one !== '') ?? ''
}
