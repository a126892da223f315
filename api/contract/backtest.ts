import { z } from 'zod'
import { AlertRule, Severity } from '../../model/alert-rule.ts'
import { InstantText } from './common.ts'

/** `as_known` replays by arrival what was known then; `hindsight` by event time what is known now. */
export const BACKTEST_MODES = ['as_known', 'hindsight'] as const

export const BacktestBody = z.object({
  rule: AlertRule,
  from: InstantText,
  to: InstantText,
  mode: z.enum(BACKTEST_MODES).default('hindsight'),
})

/** What a rule would have done in a window, through the whole pipeline. */
export const Backtest = z
  .object({
    mode: z.enum(BACKTEST_MODES),
    from: z.string(),
    to: z.string(),
    ticks: z.int().describe('evaluations'),
    transitions: z.array(
      z.object({
        key: z.string(),
        from: z.string(),
        to: z.string(),
        at: z.string().describe('by the events'),
        decided_at: z.string().describe('when the engine would have found it'),
        severity: Severity,
        value: z.number().nullable(),
        reason: z.string(),
      }),
    ),
    pages: z.array(
      z.object({ at: z.string(), title: z.string(), n: z.int(), severity: Severity, resolved_at: z.string().nullable() }),
    ),
    pages_a_week: z.number(),
    first_page_at: z.string().nullable(),
    before: z
      .object({ pages: z.int(), pages_a_week: z.number(), at: z.array(z.string()).describe('when each was told') })
      .nullable()
      .describe('the rule as it stands; null where it is new'),
    truncated: z.boolean().describe('whether transitions or pages were left out, since there are too many'),
  })
  .meta({ id: 'Backtest' })
export type Backtest = z.output<typeof Backtest>
