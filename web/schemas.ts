import { Readiness, Session } from '../api/contract/admin.ts'
import { Quality, Sources } from '../api/contract/data.ts'
import { Exceptions } from '../api/contract/exception.ts'
import { KpiAnswer, KpiCatalogue } from '../api/contract/kpi.ts'
import { ObjectSearch, ObjectTimeline } from '../api/contract/object.ts'
import { ProcessDurations, ProcessMap, ProcessSummary, ProcessTypes, ProcessVariants } from '../api/contract/process.ts'

/** The contract's answers that the dashboard reads. Loaded in development only: production trusts the server that it came from. */
export const SCHEMAS = {
  Exceptions,
  KpiAnswer,
  KpiCatalogue,
  ObjectSearch,
  ObjectTimeline,
  ProcessDurations,
  ProcessMap,
  ProcessSummary,
  ProcessTypes,
  ProcessVariants,
  Quality,
  Readiness,
  Session,
  Sources,
} as const

export type Schemas = typeof SCHEMAS
