import { z } from 'zod'
import { Readiness, Session } from '../api/contract/admin.ts'
import { AiActions } from '../api/contract/ai.ts'
import { AlertDetail, AlertEngine, AlertQuality, Alerts } from '../api/contract/alerts.ts'
import { Backtest } from '../api/contract/backtest.ts'
import { ChannelKinds, Channels, ChannelSaved, ChannelTested, Notes, NoteView } from '../api/contract/channels.ts'
import { RoutingPreview, RoutingVersions, RoutingView } from '../api/contract/routing.ts'
import { AlertProblems, CodeApplied, RuleDetail, Rules, RuleSaved, RulesImported } from '../api/contract/rules.ts'
import { SilenceCreated, SilencePreview, Silences, SilenceView } from '../api/contract/silences.ts'
import { ControlDrift, Controls, ControlVersions, ViolationDetail, Violations, WhatIf } from '../api/contract/controls.ts'
import { Quality, Sources } from '../api/contract/data.ts'
import { Letter, LetterPurged, LetterReplayed, Letters } from '../api/contract/dead-letters.ts'
import { Exceptions } from '../api/contract/exception.ts'
import { DelayDocuments, Delays } from '../api/contract/delays.ts'
import { RegisteredSource, SourceCreated, SourceRotated, SourceTested } from '../api/contract/feeds.ts'
import { DriftFinding } from '../api/contract/freshness.ts'
import { IncidentDetail, IncidentDocuments, Incidents } from '../api/contract/incidents.ts'
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
import { Retention, RetentionPreview } from '../api/contract/retention.ts'
import { FrozenMonth, FrozenMonths, ReopenedMonth, Restatements } from '../api/contract/frozen-months.ts'
import { AnswersState, Explanation, KpiAnswer, KpiCatalogue, KpiDistribution } from '../api/contract/kpi.ts'
import { Ledger } from '../api/contract/ledger.ts'
import { DryRunResult, MappingDetail, MappingIssues, Mappings } from '../api/contract/mappings.ts'
import { ObjectHistory, ObjectSearch, ObjectTimeline } from '../api/contract/object.ts'
import { Onboarding } from '../api/contract/onboarding.ts'
import { Portfolio } from '../api/contract/portfolio.ts'
import {
  ProcessConformance,
  ProcessDurations,
  ProcessMap,
  ProcessSummary,
  ProcessTypes,
  ProcessVariants,
  ProcessWaits,
} from '../api/contract/process.ts'
import { Clocks, DocumentClocks, Sla, SlaDetail, SlaProblems, Slas, SlasTaken } from '../api/contract/slas.ts'
import { Ageing, Spend, WorkingCapital } from '../api/contract/spend.ts'
import { SupplierDetail, Suppliers } from '../api/contract/suppliers.ts'
import {
  ReferenceChanges,
  ReferenceKinds,
  ReferenceRow,
  ReferenceRows,
  ReferenceSaved,
  ReferenceUndone,
} from '../api/contract/reference.ts'
import { System, Systems } from '../api/contract/systems.ts'
import { Value } from '../api/contract/value.ts'

/** The contract's answers that the dashboard reads. Loaded in development only: production trusts the server that it came from. */
export const SCHEMAS = {
  AiActions,
  AlertDetail,
  AlertEngine,
  AlertQuality,
  Alerts,
  AlertProblems,
  Backtest,
  ChannelKinds,
  ChannelSaved,
  ChannelTested,
  Channels,
  CodeApplied,
  Notes,
  NoteView,
  RoutingPreview,
  RoutingVersions,
  RoutingView,
  RuleDetail,
  RuleSaved,
  Rules,
  RulesImported,
  SilenceCreated,
  SilencePreview,
  SilenceView,
  Silences,
  Calls,
  Clocks,
  ControlDrift,
  ControlVersions,
  Controls,
  DelayDocuments,
  Delays,
  DocumentClocks,
  DriftFinding,
  DryRunResult,
  Exceptions,
  IncidentDetail,
  IncidentDocuments,
  Incidents,
  IntegrationDetail,
  Integrations,
  KafkaState,
  Explanation,
  FrozenMonth,
  FrozenMonths,
  AnswersState,
  KpiAnswer,
  KpiCatalogue,
  KpiDistribution,
  Ledger,
  Letter,
  LetterPurged,
  LetterReplayed,
  Letters,
  Logs,
  MappingDetail,
  MappingIssues,
  Mappings,
  Ageing,
  Spend,
  WorkingCapital,
  SupplierDetail,
  Suppliers,
  Onboarding,
  Portfolio,
  Value,
  Nothing: z.undefined(),
  ObjectHistory,
  ObjectSearch,
  ObjectTimeline,
  ProcessConformance,
  ProcessDurations,
  ProcessMap,
  ProcessSummary,
  ProcessTypes,
  ProcessVariants,
  ProcessWaits,
  Quality,
  Queues,
  Readiness,
  ReferenceChanges,
  ReferenceKinds,
  ReferenceRow,
  ReferenceRows,
  ReferenceSaved,
  ReferenceUndone,
  RegisteredSource,
  ReopenedMonth,
  Restatements,
  RunDetail,
  Runs,
  Session,
  Sla,
  SlaDetail,
  SlaProblems,
  SlasTaken,
  Slas,
  SourceCreated,
  SourceRotated,
  SourceTested,
  Retention,
  RetentionPreview,
  Sources,
  System,
  Systems,
  Trace,
  Traces,
  ViolationDetail,
  Violations,
  WhatIf,
} as const

export type Schemas = typeof SCHEMAS
