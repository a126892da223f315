import { z } from 'zod'
import { Routing } from './alert-routing.ts'
import { AlertRule, Slug } from './alert-rule.ts'
import type { Json } from './merge-patch.ts'

const Patch: z.ZodType<{ readonly [name: string]: Json }> = z.record(z.string(), z.json())

/** Rules and routing of a tenant as code: its own rules, its differences from rules that it inherits, those that do not hold, routing. */
export const RulesCode = z.strictObject({
  rules: z.array(AlertRule).max(1500).default([]),
  /** JSON merge patches over inherited rules, by id: null is none, or the default. */
  overrides: z.record(Slug, Patch).default({}),
  /** Inherited rules that do not hold here. */
  retired: z.array(Slug).max(1500).default([]),
  /** Left as it is where not stated. */
  routing: Routing.optional(),
})
export type RulesCode = z.output<typeof RulesCode>
