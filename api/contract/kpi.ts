import { z } from 'zod'
import { DIMENSIONS } from '../../model/vocabulary.ts'
import { Window } from './common.ts'

export const BUCKETS = ['all', 'hour', 'day', 'week', 'month'] as const

/** One KPI of the catalogue: the header of its SQL file. */
export const KpiDefinition = z
  .object({
    kpi: z.string().describe('public id, the name of its SQL file'),
    title: z.string(),
    unit: z.enum(['s', 'ratio', 'per_1000', 'count']).describe('s: seconds; ratio: 0 to 1; per_1000: per thousand objects'),
    better: z.enum(['lower', 'higher']),
    grain: z.string().describe('object type that it counts'),
    cohort: z.string().describe('instant that puts an object into a bucket'),
    definition: z.string().describe('formula in words'),
    benchmark: z.string().nullable().describe('published comparison with source and year'),
    minimum_n: z.int().describe('below this n a value is shown with a caution'),
  })
  .meta({ id: 'KpiDefinition' })
export type KpiDefinition = z.output<typeof KpiDefinition>

export const KpiCatalogue = z.object({ kpis: z.array(KpiDefinition) }).meta({ id: 'KpiCatalogue' })
export type KpiCatalogue = z.output<typeof KpiCatalogue>

export const KpiQuery = Window.extend({
  bucket: z.enum(BUCKETS).default('all').describe('weeks start on Monday; buckets are in UTC'),
  group_by: z.enum(DIMENSIONS).optional(),
  compare: z.enum(['previous']).optional().describe('adds the value of the preceding window of equal length'),
  entity: z.string().max(512).optional(),
  business_unit: z.string().max(512).optional(),
  plant: z.string().max(512).optional(),
  region: z.string().max(512).optional(),
  risk_category: z.string().max(512).optional(),
  budget_owner: z.string().max(512).optional(),
  category: z.string().max(512).optional(),
  supplier: z.string().max(512).optional(),
  approver: z.string().max(512).optional(),
  system: z.string().max(512).optional(),
})
export type KpiQuery = z.output<typeof KpiQuery>

export const KpiRow = z
  .object({
    bucket: z.string().describe('start of the bucket, ISO 8601; of the window for bucket=all'),
    group: z.string().describe('value of group_by; empty where the object has none or nothing is grouped'),
    value: z.number().nullable().describe('median for durations, share for rates; null is undefined, never zero'),
    p90: z.number().nullable().describe('90th percentile for durations; null for rates'),
    n: z.int().describe('objects counted'),
    open: z.int().describe('objects of the cohort not yet finished'),
    previous: z.number().nullable().describe('value of the same bucket of the preceding window'),
  })
  .meta({ id: 'KpiRow' })
export type KpiRow = z.output<typeof KpiRow>

export const KpiAnswer = z
  .object({ kpi: z.string(), unit: KpiDefinition.shape.unit, from: z.string(), to: z.string(), rows: z.array(KpiRow) })
  .meta({ id: 'KpiAnswer' })
export type KpiAnswer = z.output<typeof KpiAnswer>
