import { z } from 'zod'
import { Readiness, Session } from '../api/contract/admin.ts'
import { AiActions } from '../api/contract/ai.ts'
import { Quality, Sources } from '../api/contract/data.ts'
import { Letter, LetterPurged, LetterReplayed, Letters } from '../api/contract/dead-letters.ts'
import { Exceptions } from '../api/contract/exception.ts'
import { RegisteredSource, SourceCreated, SourceRotated, SourceTested } from '../api/contract/feeds.ts'
import { DriftFinding } from '../api/contract/freshness.ts'
import {
  Calls,
  IntegrationDetail,
  Integrations,
  Logs,
  Queues,
  RunDetail,
  Runs,
  Trace,
  Traces,
} from '../api/contract/integrations.ts'
import { KafkaState } from '../api/contract/kafka.ts'
import { KpiAnswer, KpiCatalogue } from '../api/contract/kpi.ts'
import { Ledger } from '../api/contract/ledger.ts'
import { DryRunResult, MappingDetail, MappingIssues, Mappings } from '../api/contract/mappings.ts'
import { ObjectSearch, ObjectTimeline } from '../api/contract/object.ts'
import { ProcessDurations, ProcessMap, ProcessSummary, ProcessTypes, ProcessVariants } from '../api/contract/process.ts'
import { System, Systems } from '../api/contract/systems.ts'

/** The contract's answers that the dashboard reads. Loaded in development only: production trusts the server that it came from. */
export const SCHEMAS = {
  AiActions,
  Calls,
  DriftFinding,
  DryRunResult,
  Exceptions,
  IntegrationDetail,
  Integrations,
  KafkaState,
  KpiAnswer,
  KpiCatalogue,
  Ledger,
  Letter,
  LetterPurged,
  LetterReplayed,
  Letters,
  Logs,
  MappingDetail,
  MappingIssues,
  Mappings,
  Nothing: z.undefined(),
  ObjectSearch,
  ObjectTimeline,
  ProcessDurations,
  ProcessMap,
  ProcessSummary,
  ProcessTypes,
  ProcessVariants,
  Quality,
  Queues,
  Readiness,
  RegisteredSource,
  RunDetail,
  Runs,
  Session,
  SourceCreated,
  SourceRotated,
  SourceTested,
  Sources,
  System,
  Systems,
  Trace,
  Traces,
} as const

export type Schemas = typeof SCHEMAS
